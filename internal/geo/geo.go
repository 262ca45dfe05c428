// Package geo knows where things are: the territories of Belgium, Germany,
// Greece and Italy, their places, and how far apart two points lie.
//
// The idea: nobody outside is asked. Territories are ISO 3166-2 codes (NUTS
// codes are accepted) in a tree, so that a province is in its region and a
// region in its country. Places are an embedded gazetteer with the names that
// people use in the six languages and in Greek and Latin letters, found
// without accents, by their beginning and with typing errors.
//
// Stored: nothing. The data is compiled in (data/SOURCES.md says where it
// comes from) and read at first use. A position given to this package must
// never be kept or logged.
package geo

import "math"

// earthRadius is the mean radius of the Earth in metres (IUGG, R1).
const earthRadius = 6371008.8

// Distance is the length in metres of the great circle between two points in
// degrees (WGS 84), on a sphere: within 0.6 % of the ellipsoid.
func Distance(lat1, lon1, lat2, lon2 float64) float64 {
	const rad = math.Pi / 180
	sinLat := math.Sin((lat2 - lat1) * rad / 2)
	sinLon := math.Sin((lon2 - lon1) * rad / 2)
	h := sinLat*sinLat + math.Cos(lat1*rad)*math.Cos(lat2*rad)*sinLon*sinLon
	return 2 * earthRadius * math.Asin(math.Min(1, math.Sqrt(h)))
}

// ValidPosition reports whether the degrees are a point on Earth.
func ValidPosition(lat, lon float64) bool {
	return lat >= -90 && lat <= 90 && lon >= -180 && lon <= 180
}
