package geo

// zones are the time zones (IANA) that most people of a country live by.
var zones = map[string]string{
	"AT": "Europe/Vienna", "BE": "Europe/Brussels", "BG": "Europe/Sofia", "CH": "Europe/Zurich", "CY": "Asia/Nicosia", "DE": "Europe/Berlin",
	"ES": "Europe/Madrid", "FR": "Europe/Paris", "GB": "Europe/London", "GR": "Europe/Athens", "HU": "Europe/Budapest", "IE": "Europe/Dublin",
	"IT": "Europe/Rome", "LU": "Europe/Luxembourg", "NL": "Europe/Amsterdam", "PL": "Europe/Warsaw", "PT": "Europe/Lisbon", "RO": "Europe/Bucharest",
	"US": "America/New_York",
}

// Zone is the time zone (IANA) that most people of a country (ISO 3166-1) live
// by, where something says no zone of its own; "" for a country that is not
// known here.
func Zone(country string) string { return zones[country] }
