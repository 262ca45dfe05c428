package transfer

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"amelie/internal/directory"
	"amelie/internal/fault"
	"amelie/internal/i18n"
	"amelie/internal/web"
)

var columnsPage = web.NewPage[columnsData](pageFiles, "page/columns.html")

type (
	columnsData struct {
		Import
		Columns                             []askedColumn
		Choices                             []web.Choice
		Countries, Helps, Roles, Languages  []web.Choice
		Country, Help, Role, Spoken, Filled string
		Kept                                []web.M
	}
	askedColumn struct{ Name, Label, Sample, Value string }
)

// columnField is the form's field of the nth column.
func columnField(n int) string { return fmt.Sprintf("column-%d", n) }

// getColumns asks what the columns of a held table are.
func (s *Service) getColumns(c *web.Ctx) error {
	if err := s.may(c, "directory.import"); err != nil {
		return err
	}
	return s.columns(c)
}

func (s *Service) columns(c *web.Ctx) error {
	i, err := s.Import(c.Context(), c.Param("id"))
	if err != nil {
		return err
	}
	t, err := s.HeldTable(c.Context(), i.ID)
	if err != nil {
		return err
	}
	kept, err := s.Mappings(c.Context(), t)
	if err != nil {
		return err
	}
	data := columnsData{Import: i, Choices: columnChoices(c), Countries: countryChoices(c), Languages: languageChoices(c)}
	if data.Helps, data.Roles, err = s.helpsAndRoles(c); err != nil {
		return err
	}
	o := filled(c, i.Options, kept, t, &data)
	data.Country, data.Help, data.Role, data.Spoken = o.Country, o.Help, o.Role, o.Constants["languages"]
	for n, h := range t.Headings {
		sample := c.T("transfer.columns.empty")
		if len(h.Samples) > 0 {
			sample = c.T("transfer.columns.sample", "values", strings.Join(h.Samples, " · "))
		}
		data.Columns = append(data.Columns, askedColumn{Name: columnField(n), Label: h.Name, Sample: sample, Value: o.Columns[h.Name]})
	}
	return columnsPage.Render(c, data)
}

// filled is with what the form begins: what was said of this very file, else
// what was kept for such columns, else a guess.
func filled(c *web.Ctx, o Options, kept []Mapping, t Table, data *columnsData) Options {
	chosen := slices.IndexFunc(kept, func(m Mapping) bool { return m.ID == c.Query("kept") })
	if chosen < 0 && o.Columns == nil && len(kept) > 0 {
		chosen = 0
	}
	for n, m := range kept {
		data.Kept = append(data.Kept, web.M{"name": m.Name, "on": n == chosen, "href": c.Path("/desk/files/"+data.ID+"/columns") + "?kept=" + m.ID,
			"forget": c.Path("/desk/files/" + data.ID + "/columns/" + m.ID + "/forget")})
	}
	switch {
	case chosen >= 0:
		data.Filled = kept[chosen].Name
		return kept[chosen].Options
	case o.Columns == nil:
		o.Columns = Guess(t.Headings, c.Lang, o.Country)
	}
	return o
}

// columnChoices are our columns by their names at the desk, texts in the
// reader's language before those in others.
func columnChoices(c *web.Ctx) []web.Choice {
	var here, others []web.Choice
	for _, col := range columns {
		one := web.Choice{Value: col.name, Label: columnLabel(c, col)}
		if col.lang != "" && col.lang != c.Lang {
			others = append(others, one)
		} else {
			here = append(here, one)
		}
	}
	return append(append([]web.Choice{{Value: "", Label: c.T("transfer.columns.none")}}, here...), others...)
}

// columnLabel is what one of our columns is called at the desk.
func columnLabel(c *web.Ctx, col column) string {
	label := ""
	switch own := "transfer.columns." + strings.TrimPrefix(col.name, "place_"); {
	case col.field == "" && col.shape == "":
		label = c.T("transfer.columns.id")
	case c.Config().Texts.Has(c.Lang, own):
		label = c.T(own)
	default:
		label = c.T("desk.field." + strings.ToLower(col.field))
	}
	if col.lang != "" {
		label += ", " + i18n.Endonyms[col.lang]
	}
	return c.T("transfer.look.of", "field", c.T("transfer.kind."+string(col.kind)), "text", label)
}

func countryChoices(c *web.Ctx) []web.Choice {
	out := []web.Choice{{Value: "", Label: c.T("transfer.in.refuse")}}
	for _, code := range directory.Countries() {
		out = append(out, web.Choice{Value: code, Label: directory.CountryName(c.Lang, code)})
	}
	return out
}

func languageChoices(c *web.Ctx) []web.Choice {
	var out []web.Choice
	for _, code := range slices.Compact(slices.Sorted(maps.Values(twoLetters))) {
		out = append(out, web.Choice{Value: code, Label: directory.Capital(directory.LanguageName(c.Lang, code))})
	}
	directory.SortNames(out)
	return append([]web.Choice{{Value: "", Label: c.T("transfer.columns.unsaid")}}, out...)
}

// postColumns reads the held table with the columns that were named.
func (s *Service) postColumns(c *web.Ctx) error {
	f, err := c.Form()
	if err != nil {
		return err
	}
	if err := s.may(c, "directory.import"); err != nil {
		return err
	}
	i, err := s.Import(c.Context(), c.Param("id"))
	if err != nil {
		return err
	}
	t, err := s.HeldTable(c.Context(), i.ID)
	if err != nil {
		return err
	}
	o := i.Options
	o.Columns, o.Constants = namedColumns(c, f, t), map[string]string{}
	o.Country, o.Help, o.Role = f.Value("country"), f.Value("help"), f.Value("role")
	if spoken := f.Value("languages"); spoken != "" {
		o.Constants["languages"] = spoken
	}
	if !f.OK() {
		return s.columns(c)
	}
	_, err = s.StageHeld(c.Context(), who(c), i.ID, o, short(f.Value("keep")))
	var wrong *FileError
	switch {
	case errors.As(err, &wrong):
		f.Error("", "directory.error.field", "reason", fileWords(c, wrong))
		return s.columns(c)
	case err != nil && fault.KindOf(err) != fault.Conflict: // a conflict: pressed twice; the page of the file says how far it is
		return err
	}
	return c.Redirect("/desk/files/" + i.ID)
}

// namedColumns are the columns as the form says; what makes no sense is marked.
func namedColumns(c *web.Ctx, f *web.Form, t Table) map[string]string {
	out, of := map[string]string{}, map[string]bool{}
	for n, h := range t.Headings {
		col, ok := columnOf(f.Value(columnField(n)))
		if ok && of[col.name] {
			f.Error(columnField(n), "transfer.error.chosen-twice", "column", columnLabel(c, col))
		}
		out[h.Name], of[col.name] = col.name, true
	}
	if !of["organization"] && !of["organization_id"] && !of["service_id"] {
		f.Error(columnField(0), "transfer.error.no-name")
	}
	return out
}

// postForget drops what was kept under a name.
func (s *Service) postForget(c *web.Ctx) error {
	if err := s.Forget(c.Context(), who(c), c.Param("mapping")); err != nil {
		return err
	}
	c.Flash("transfer.done.forgotten")
	return c.Redirect("/desk/files/" + c.Param("id") + "/columns")
}
