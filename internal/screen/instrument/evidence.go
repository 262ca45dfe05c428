package instrument

// Evidence is what a study published about an instrument. What is not known
// stays nil: 0 is not blank.
type Evidence struct {
	ID       string `toml:"id" json:"id"`
	Study    string `toml:"study" json:"study"` // authors, journal, year
	Address  string `toml:"address" json:"address,omitempty"`
	Setting  string `toml:"setting" json:"setting"`   // one of Settings
	Outcome  string `toml:"outcome" json:"outcome"`   // the reference standard, in English
	N        int    `toml:"n" json:"n"`               // people studied
	TP       *int   `toml:"tp" json:"tp,omitempty"`   // true positives; all four cells or none
	FN       *int   `toml:"fn" json:"fn,omitempty"`   // false negatives
	FP       *int   `toml:"fp" json:"fp,omitempty"`   // false positives
	TN       *int   `toml:"tn" json:"tn,omitempty"`   // true negatives
	Cells    string `toml:"cells" json:"cells"`       // published, reconstructed, or none
	Method   Method `toml:"method" json:"method"`     // of the published intervals; unstated where the study names none
	Rounding int    `toml:"rounding" json:"rounding"` // decimals of the published percentages
	// Published percentages, as printed; nil: not printed.
	Sensitivity *float64 `toml:"sensitivity" json:"sensitivity,omitempty"`
	Specificity *float64 `toml:"specificity" json:"specificity,omitempty"`
	PPV         *float64 `toml:"ppv" json:"ppv,omitempty"`
	NPV         *float64 `toml:"npv" json:"npv,omitempty"`
}

// Unstated is the method of intervals that a study does not name.
const Unstated Method = "unstated"

// Table is the two by two table, if the study gives it or allows to rebuild it.
func (e Evidence) Table() (Table, bool) {
	if e.TP == nil || e.FN == nil || e.FP == nil || e.TN == nil {
		return Table{}, false
	}
	return Table{TP: *e.TP, FN: *e.FN, FP: *e.FP, TN: *e.TN}, true
}
