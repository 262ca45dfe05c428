package transfer

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"

	"amelie/internal/clock"
	"amelie/internal/db"
	"amelie/internal/directory"
	"amelie/internal/fault"
	"amelie/internal/id"
)

// Service brings files in and out.
type Service struct {
	DB        *db.DB
	Directory *directory.Directory
	Now       clock.Clock
	Hours     ReadHours // for foreign tables; nil: only as ours are written
}

// ReadHours reads opening hours as people write them, in whatever language;
// false when they are not understood.
type ReadHours func(text string) ([]directory.Opening, bool)

// perChunk is how many rows one transaction lays beside: other writers come in
// between.
const perChunk = 500

// Progress tells how far reading has come, in bytes of the file; size 0: not
// known.
type Progress func(read, size int64, rows int)

// Stage reads a whole file and lays it beside the directory; nothing of the
// directory changes. When it fails or ctx ends, the import is dropped.
//
// Errors: *FileError when the file cannot be read; fault.Unavailable.
func (s *Service) Stage(ctx context.Context, who Who, name string, format Format, o Options, r io.Reader, size int64, told Progress) (Import, error) {
	i := s.newImport(who, name, format, o, size)
	g, err := s.begin(ctx, i, told, func(tx *db.Tx) error {
		if err := s.require(tx, who, "directory.import"); err != nil {
			return err
		}
		return insertImport(tx, i)
	})
	if err != nil {
		return i, err
	}
	if err := g.readAll(r); err != nil {
		s.drop(context.WithoutCancel(ctx), i.ID)
		return i, err
	}
	return s.Import(ctx, i.ID)
}

func (s *Service) newImport(who Who, name string, format Format, o Options, size int64) Import {
	if o.System == "" && format != Lines {
		o.System = "file" // names of rows without an identifier are remembered under it
	}
	return Import{ID: id.New(), Name: name, Format: format, Options: o, State: Reading, ByUser: who.User, By: who.Name, Began: s.Now(), Touched: s.Now(), Size: size}
}

// readAll lays a whole file.
func (g *stager) readAll(r io.Reader) error {
	if err := g.read(&counted{ctx: g.ctx, r: r, n: &g.bytes}); err != nil {
		return err
	}
	return g.finish()
}

// require asks the policy, in the transaction of the act itself.
func (s *Service) require(tx *db.Tx, who Who, action string) error {
	if who.Machine {
		return nil
	}
	return s.Directory.Require(tx, who.Actor, action, "", "")
}

// drop ends an import; also one of a reader that failed, so nobody is asked.
func (s *Service) drop(ctx context.Context, importID string) error {
	return s.DB.Write(ctx, func(tx *db.Tx) error { return s.dropped(tx, importID) })
}

func (s *Service) dropped(tx *db.Tx, importID string) error {
	if _, err := tx.Exec(dropStmt, clock.Millis(s.Now()), importID); err != nil {
		return err
	}
	return forgetEnded(tx)
}

// Drop ends an import that was not applied; its rows are deleted.
func (s *Service) Drop(ctx context.Context, who Who, importID string) error {
	return s.DB.Write(ctx, func(tx *db.Tx) error {
		if err := s.require(tx, who, "directory.import"); err != nil {
			return err
		}
		return s.dropped(tx, importID)
	})
}

// counted counts what is read, and stops when the import is to stop.
type counted struct {
	ctx context.Context
	r   io.Reader
	n   *int64
}

func (c *counted) Read(p []byte) (int, error) {
	if err := c.ctx.Err(); err != nil {
		return 0, err
	}
	n, err := c.r.Read(p)
	*c.n += int64(n)
	return n, err
}

// stager lays the rows of one file.
type stager struct {
	s    *Service
	ctx  context.Context
	i    Import
	told Progress

	vocab     directory.Vocabulary
	rules     *directory.Rules
	heads     map[directory.Kind]map[string]head
	bodies    map[string]directory.Organization // of the directory and of the file
	externals map[externalKey]string            // of the other directory, also what this file adds
	own       map[externalKey]string            // of files in HSDS: our own identifiers by what it calls them
	lines     map[string]int64                  // kind/row to the line where it stood first
	refused   map[string]bool                   // kind/row
	shelters  map[string]bool                   // services of the file: whether they are a shelter
	waiting   []Incoming                        // rows whose parent was not seen yet
	chunk     []Incoming
	fresh     []externalKey // identifiers that this chunk adds
	position  int64
	bytes     int64
	counts    map[Action]int
	edited    int
	contacts  int
	unknown   func() []Unknown
}

// begin makes ready to lay the rows of an import; enter notes the import itself.
func (s *Service) begin(ctx context.Context, i Import, told Progress, enter func(tx *db.Tx) error) (*stager, error) {
	g := &stager{s: s, ctx: ctx, i: i, told: told, lines: map[string]int64{}, refused: map[string]bool{}, shelters: map[string]bool{}, counts: map[Action]int{}, unknown: func() []Unknown { return nil }}
	var err error
	if g.vocab, err = s.Directory.Vocabulary(ctx); err != nil {
		return nil, err
	}
	g.rules = directory.NewRules(g.vocab)
	err = s.DB.Write(ctx, func(tx *db.Tx) error {
		if err := forget(tx, s.Now()); err != nil {
			return err
		}
		return enter(tx)
	})
	if err != nil {
		return nil, fault.Wrap(err, "transfer begin")
	}
	err = s.DB.Read(ctx, func(tx *db.Tx) (err error) {
		if g.heads, g.bodies, err = readHeads(tx); err != nil {
			return err
		}
		if g.externals, err = readExternals(tx, i.Options.System); err != nil {
			return err
		}
		// What was only looked at, or was taken out since, says nothing: the row
		// may be meant for another country now.
		maps.DeleteFunc(g.externals, func(at externalKey, row string) bool { _, there := g.heads[at.kind][row]; return !there })
		return nil
	})
	if i.Format == HSDS || i.Format == Tabular {
		g.own = hsdsNames(g.heads)
	}
	return g, fault.Wrap(err, "transfer begin")
}

// hsdsNames are our own identifiers by what HSDS calls them.
func hsdsNames(heads map[directory.Kind]map[string]head) map[externalKey]string {
	out := map[externalKey]string{}
	for kind, name := range map[directory.Kind]string{directory.KindOrganization: "organization", directory.KindService: "service", directory.KindPlace: "location"} {
		for own := range heads[kind] {
			out[externalKey{kind, directory.HSDSID(name, own)}] = own
		}
	}
	return out
}

// known is our identifier of a row of the other directory: one that came from
// here, or one that an earlier import or this file brought.
func (g *stager) known(kind directory.Kind, external string) string {
	if external == "" {
		return ""
	}
	if own := g.own[externalKey{kind, external[strings.LastIndexByte(external, '/')+1:]}]; own != "" {
		return own
	}
	return g.externals[externalKey{kind, external}]
}

func (g *stager) read(r io.Reader) error {
	switch g.i.Format {
	case Flat:
		text, err := utf8Reader(r)
		if err != nil {
			return err
		}
		return readFlat(text, g.i.Options, g.vocab, g.s.Hours, g.take)
	case Lines:
		return readLines(r, g.take)
	case HSDS:
		m := newMapper(g.i.Options, g.vocab, g.take)
		g.unknown = m.unknownTerms
		text, err := utf8Reader(r)
		if err != nil {
			return err
		}
		return readHSDS(text, m.record)
	case Tabular:
		m := newMapper(g.i.Options, g.vocab, g.take)
		g.unknown = m.unknownTerms
		return readTabular(r, m)
	}
	return notThis("transfer.error.format")
}

func key(kind directory.Kind, row string) string { return string(kind) + "/" + row }

// take gives a row its identifier and its parent, and lays it with the others.
func (g *stager) take(in Incoming) error {
	if err := g.ctx.Err(); err != nil {
		return err
	}
	if in.Parent == "" && in.ParentExt != "" {
		up := directory.KindOrganization
		if in.Kind == directory.KindPlace {
			up = directory.KindService
		}
		in.Parent = g.known(up, in.ParentExt)
		if in.Parent == "" {
			g.waiting = append(g.waiting, in)
			return nil
		}
	}
	if in.ID == "" {
		in.ID = g.identify(in)
	}
	if first, twice := g.lines[key(in.Kind, in.ID)]; twice {
		if in.Kind == directory.KindOrganization {
			return nil // repeated on each line of its services
		}
		in.Wrong = append(in.Wrong, Complaint{Key: "transfer.wrong.twice", Args: []any{"line", first}, Text: fmt.Sprintf("stands twice, first in line %d", first)})
		in.ID, in.External = fmt.Sprintf("%s#%d", in.ID, len(g.lines)), ""
	}
	g.lines[key(in.Kind, in.ID)] = in.Line
	if in.External != "" && g.i.Format != Lines {
		at := externalKey{in.Kind, in.External}
		if g.externals[at] != in.ID {
			g.externals[at] = in.ID
			g.fresh = append(g.fresh, at)
		}
	}
	g.chunk = append(g.chunk, in)
	if len(g.chunk) >= perChunk {
		return g.flush()
	}
	return nil
}

var idShape = regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)*$`)

// identify is the row's identifier: the one that it got in an earlier import,
// or a new readable one.
func (g *stager) identify(in Incoming) string {
	if known := g.known(in.Kind, in.External); known != "" {
		return known
	}
	name, _ := in.Partial["Name"].(string)
	prefix := strings.ToLower(in.Parent)
	if in.Kind == directory.KindPlace {
		town, _ := in.Partial["Town"].(string)
		name = cmp.Or(town, "place")
	}
	base := slug(name)
	if base == "" {
		base = "x" + strings.ReplaceAll(id.New(), "-", "")[20:]
	}
	if prefix != "" {
		base = prefix + "-" + base
	}
	free := base
	for n := 2; ; n++ {
		_, there := g.heads[in.Kind][free]
		_, here := g.lines[key(in.Kind, free)]
		if !there && !here {
			return free
		}
		free = fmt.Sprintf("%s-%d", base, n)
	}
}

// finish lays what is left, refuses rows without a parent, and finds what the
// file lacks.
func (g *stager) finish() error {
	for before := -1; len(g.waiting) > 0 && len(g.waiting) != before; {
		before = len(g.waiting)
		again := g.waiting
		g.waiting = nil
		for _, in := range again {
			if err := g.take(in); err != nil {
				return err
			}
		}
	}
	for n, in := range g.waiting {
		in.ID, in.Parent, in.ParentExt = fmt.Sprintf("?%d", n), "?", ""
		in.Wrong = append(in.Wrong, Complaint{Key: "transfer.wrong.parent", Text: "the organisation or service that it belongs to is neither in the file nor here"})
		g.chunk = append(g.chunk, in)
	}
	g.waiting = nil
	if err := g.flush(); err != nil {
		return err
	}
	if g.i.Options.Missing {
		if err := g.missing(); err != nil {
			return err
		}
	}
	counts, err := json.Marshal(g.counts)
	if err != nil {
		return err
	}
	unknown, err := json.Marshal(append([]Unknown{}, g.unknown()...))
	if err != nil {
		return err
	}
	return g.s.DB.Write(g.ctx, func(tx *db.Tx) error {
		n, err := tx.Exec(readyStmt, clock.Millis(g.s.Now()), g.bytes, string(counts), int64(g.edited), int64(g.contacts), string(unknown), g.i.ID)
		if err == nil && n == 0 {
			err = fault.New(fault.Conflict, "transfer.error.ended")
		}
		return err
	})
}

// tally is what a chunk adds to the counts; added only when it was committed.
type tally struct {
	counts           map[Action]int
	edited, contacts int
	refused          []string
	bodies           map[string]directory.Organization
}

// flush lays a chunk in a transaction of its own.
func (g *stager) flush() error {
	if len(g.chunk) == 0 {
		return nil
	}
	var sum tally
	err := g.s.DB.Write(g.ctx, func(tx *db.Tx) error {
		sum = tally{counts: map[Action]int{}, bodies: map[string]directory.Organization{}}
		rows := make([]laid, 0, len(g.chunk))
		for at, in := range g.chunk {
			l, err := g.compare(tx, in, g.position+int64(at), &sum)
			if err != nil {
				return err
			}
			rows = append(rows, l)
		}
		if err := lay(tx, rows); err != nil {
			return err
		}
		for _, at := range g.fresh {
			if _, err := tx.Exec(putExternalStmt, g.i.Options.System, string(at.kind), at.id, g.externals[at], g.i.ID); err != nil {
				return err
			}
		}
		n, err := tx.Exec(touchStmt, clock.Millis(g.s.Now()), g.bytes, g.i.ID)
		if err == nil && n == 0 {
			err = fault.New(fault.Conflict, "transfer.error.ended")
		}
		return err
	})
	if err != nil {
		return fault.Wrap(err, "transfer stage")
	}
	g.position += int64(len(g.chunk))
	for a, n := range sum.counts {
		g.counts[a] += n
	}
	g.edited += sum.edited
	g.contacts += sum.contacts
	for _, k := range sum.refused {
		g.refused[k] = true
	}
	for id, o := range sum.bodies {
		g.bodies[id] = o
	}
	g.chunk, g.fresh = g.chunk[:0], nil
	if g.told != nil {
		g.told(g.bytes, g.i.Size, int(g.position))
	}
	return nil
}

// compare says what a row would do.
func (g *stager) compare(tx *db.Tx, in Incoming, position int64, sum *tally) (laid, error) {
	l := laid{id: id.New(), importID: g.i.ID, kind: in.Kind, rowID: in.ID, parent: in.Parent, base: -1, position: position, line: in.Line, file: in.File}
	have, there := g.heads[in.Kind][in.ID]
	row := directory.Row{Kind: in.Kind, ID: in.ID, Parent: in.Parent}
	var before directory.Row
	fields := map[string]any{}
	if there {
		var err error
		if before, err = g.s.Directory.Row(tx, in.Kind, in.ID); err != nil {
			return l, err
		}
		l.base, l.revision, l.edited, l.parent, row.Parent = before.Revision, before.Revision+1, have.edited, before.Parent, before.Parent
		if fields, err = before.Fields(); err != nil {
			return l, err
		}
		if l.before, err = before.Document(); err != nil {
			return l, err
		}
	} else {
		l.revision = 1
		fields = overlay(fields, in.Default)
	}
	if strings.ContainsAny(in.ID, "#?") && len(in.Wrong) > 0 {
		return g.refuse(l, in, sum) // stands twice or belongs to nothing: that says it all
	}
	fields = overlay(fields, in.Partial)
	fields["ID"] = in.ID
	doc, err := json.Marshal(fields)
	if err == nil {
		row, err = directory.RowOf(in.Kind, in.ID, row.Parent, string(doc))
	}
	if err != nil {
		in.Wrong = append(in.Wrong, Complaint{Key: "transfer.wrong.shape", Text: err.Error()})
		return g.refuse(l, in, sum)
	}
	if row.Place != nil {
		if err := g.keepHidden(tx, &in, row, before, there); err != nil {
			return l, err
		}
	}
	return g.judge(l, in, row, before, there, sum)
}

// keepHidden refuses a line that would open a hidden address, and hides the
// address of a shelter's new place whatever the file says: that its owner wants
// it seen is made sure of at the desk, by two persons, and not by a file.
//
// req: DESK-1
func (g *stager) keepHidden(tx *db.Tx, in *Incoming, row, before directory.Row, there bool) error {
	switch {
	case row.Place.Address == directory.Hidden:
		return nil
	case there:
		if before.Place.Address == directory.Hidden {
			in.Wrong = append(in.Wrong, Complaint{Field: "address_visibility", Key: "desk.problem.confirm-address", Text: "the address is hidden; a file does not open it"})
		}
		return nil
	}
	shelter, known := g.shelters[row.Parent]
	if !known {
		up, err := g.s.Directory.Row(tx, directory.KindService, row.Parent)
		if fault.KindOf(err) == fault.NotFound {
			return nil // judge refuses it: what it belongs to is not there
		}
		if err != nil {
			return err
		}
		shelter = slices.Contains(up.Service.Roles, "shelter")
	}
	if shelter {
		row.Place.Address = directory.Hidden
	}
	return nil
}

// judge checks the finished row and files it.
func (g *stager) judge(l laid, in Incoming, row, before directory.Row, there bool, sum *tally) (laid, error) {
	if row.Place != nil {
		hideContacts(row.Place)
	}
	if row.Service != nil {
		g.shelters[l.rowID] = slices.Contains(row.Service.Roles, "shelter") || before.Service != nil && slices.Contains(before.Service.Roles, "shelter")
	}
	if row.Organization != nil {
		row.Organization.Country = row.Parent
	}
	within, parentWrong := g.within(row, sum)
	in.Wrong = append(in.Wrong, parentWrong...)
	if in.Kind == directory.KindOrganization && row.Parent == "" {
		in.Wrong = append(in.Wrong, Complaint{Field: "country", Key: "transfer.wrong.country", Text: "no country is named for it"})
		return g.refuse(l, in, sum)
	}
	if len(parentWrong) > 0 {
		return g.refuse(l, in, sum) // without its parent nothing else can be judged
	}
	for _, p := range g.rules.Check(row, within) {
		in.Wrong = append(in.Wrong, Complaint{Field: p.Field, Key: p.Key, Args: p.Args, Text: p.Reason})
	}
	l.name = row.Name()
	if len(in.Wrong) > 0 {
		return g.refuse(l, in, sum)
	}
	var err error
	if l.document, err = row.Document(); err != nil {
		return l, err
	}
	l.columns(row)
	if row.Organization != nil {
		sum.bodies[l.rowID] = *row.Organization
	}
	l.action = Add
	if there {
		differs, err := directory.Differences(before, row)
		if err != nil {
			return l, err
		}
		l.action = Same
		if len(differs) > 0 {
			l.action = Alter
			contacts, err := directory.Contacts(before, row)
			if err != nil {
				return l, err
			}
			if l.contacts = len(contacts) > 0; l.contacts {
				sum.contacts++
			}
			if l.edited {
				sum.edited++
			}
		}
	}
	if l.action == Same {
		l.document, l.before = "", "" // nothing to bring, nothing to take back
	}
	sum.counts[l.action]++
	return l, nil
}

// within is the organisation of a row, of the file or of the directory.
func (g *stager) within(row directory.Row, sum *tally) (directory.Organization, []Complaint) {
	up, parent := row.Kind, row.Parent
	switch row.Kind {
	case directory.KindOrganization:
		return *row.Organization, nil
	case directory.KindService:
		up = directory.KindOrganization
	case directory.KindPlace:
		if up = directory.KindService; g.refused[key(up, parent)] || slices.Contains(sum.refused, key(up, parent)) {
			return directory.Organization{}, []Complaint{{Key: "transfer.wrong.parent-refused", Text: "what it belongs to is refused"}}
		}
		return directory.Organization{}, nil
	}
	if o, ok := sum.bodies[parent]; ok {
		return o, nil
	}
	if o, ok := g.bodies[parent]; ok && !g.refused[key(up, parent)] {
		return o, nil
	}
	return directory.Organization{Country: strings.ToUpper(parent[:min(2, len(parent))]), Group: directory.Support}, []Complaint{{Key: "transfer.wrong.parent-refused", Text: "what it belongs to is refused"}}
}

func (g *stager) refuse(l laid, in Incoming, sum *tally) (laid, error) {
	wrong, err := json.Marshal(in.Wrong)
	if err != nil {
		return l, err
	}
	l.action, l.wrong, l.base = Refuse, string(wrong), -1
	if l.name == "" {
		l.name = cmp.Or(text(in.Partial, "Name"), text(in.Partial, "Town"))
	}
	said, err := json.Marshal(in.Partial)
	if err != nil {
		return l, err
	}
	l.document = string(said)
	sum.counts[Refuse]++
	sum.refused = append(sum.refused, key(in.Kind, in.ID))
	return l, nil
}

// missing lays the removal of what the same system brought before and this
// file has no more, children first.
func (g *stager) missing() error {
	var gone []laid
	for at, row := range g.externals {
		if _, stands := g.lines[key(at.kind, row)]; stands {
			continue
		}
		if h, there := g.heads[at.kind][row]; there {
			gone = append(gone, laid{id: id.New(), importID: g.i.ID, kind: at.kind, rowID: row, parent: h.parent, action: Remove, base: h.revision, revision: h.revision + 1, edited: h.edited, position: g.position})
			g.position++
		}
	}
	for len(gone) > 0 {
		part := gone[:min(perChunk, len(gone))]
		gone = gone[len(part):]
		err := g.s.DB.Write(g.ctx, func(tx *db.Tx) error {
			for i := range part {
				r, err := g.s.Directory.Row(tx, part[i].kind, part[i].rowID)
				if err != nil {
					return err
				}
				part[i].name = r.Name()
				if part[i].before, err = r.Document(); err != nil {
					return err
				}
			}
			return lay(tx, part)
		})
		if err != nil {
			return fault.Wrap(err, "transfer missing")
		}
		g.counts[Remove] += len(part)
	}
	return nil
}

// Import is one import with its counts. Errors: fault.NotFound.
func (s *Service) Import(ctx context.Context, importID string) (i Import, err error) {
	err = s.DB.Read(ctx, func(tx *db.Tx) error {
		i, err = db.First(readImports(tx, importStmt, importID))
		return err
	})
	return i, err
}

// Imports lists the imports, the newest first.
func (s *Service) Imports(ctx context.Context) (list []Import, err error) {
	err = s.DB.Read(ctx, func(tx *db.Tx) (err error) {
		list, err = readImports(tx, importsStmt)
		return err
	})
	return list, err
}

// Rows lists a part of what an import would do: of one action, or of all that
// bring something (""), or of what wants a second look ("flagged").
func (s *Service) Rows(ctx context.Context, importID, action string, from, n int) (out []Row, err error) {
	var list []laid
	err = s.DB.Read(ctx, func(tx *db.Tx) (err error) {
		switch action {
		case "":
			list, err = readLaid(tx, rowsAllStmt, importID, int64(n), int64(from))
		case "flagged":
			list, err = readLaid(tx, flaggedStmt, importID, int64(n), int64(from))
		default:
			list, err = readLaid(tx, rowsStmt, importID, action, int64(n), int64(from))
		}
		return err
	})
	for _, l := range list {
		r, err := l.row()
		if err != nil {
			return nil, err
		}
		out = append(out, r)
	}
	return out, err
}

// positions are where the rows of an action, or the flagged ones, stand in an
// import; each position once, in the order of Rows.
func (s *Service) positions(ctx context.Context, importID, action string) (out []int64, err error) {
	stmt, args := positionsStmt, []any{importID, action}
	if action == "flagged" {
		stmt, args = flaggedPositionsStmt, args[:1]
	}
	err = s.DB.Read(ctx, func(tx *db.Tx) error {
		out = nil
		return tx.Each(stmt, func(scan func(...any) error) error {
			var at int64
			err := scan(&at)
			out = append(out, at)
			return err
		}, args...)
	})
	return out, err
}

// flagged counts the rows that want a second look: edited here, or with other
// contacts, or both.
func (s *Service) flagged(ctx context.Context, i Import) (int, error) {
	if i.Contacts == 0 || i.Edited == 0 {
		return i.Contacts + i.Edited, nil
	}
	var n int64
	err := s.DB.Read(ctx, func(tx *db.Tx) (err error) {
		n, err = count(tx, flaggedCountStmt, i.ID)
		return err
	})
	return int(n), err
}

func (l laid) row() (Row, error) {
	r := Row{ID: l.id, Kind: l.kind, RowID: l.rowID, Name: l.name, Action: l.action, Line: l.line, File: l.file, Edited: l.edited, Contacts: l.contacts}
	if l.wrong != "" {
		if err := json.Unmarshal([]byte(l.wrong), &r.Wrong); err != nil {
			return r, err
		}
		return r, nil
	}
	if l.before != "" {
		before, err := directory.RowOf(l.kind, l.rowID, l.parent, l.before)
		if err != nil {
			return r, err
		}
		r.Before = &before
	}
	if l.document != "" {
		after, err := directory.RowOf(l.kind, l.rowID, l.parent, l.document)
		if err != nil {
			return r, err
		}
		r.After = &after
	}
	if r.Before != nil && r.After != nil {
		var err error
		if r.Fields, err = directory.Differences(*r.Before, *r.After); err != nil {
			return r, err
		}
	}
	return r, nil
}

// Sweep deletes what is over. Call it now and then.
func (s *Service) Sweep(ctx context.Context, now time.Time) error {
	return s.DB.Write(ctx, func(tx *db.Tx) error { return forget(tx, now) })
}

// Mean keeps what words of another directory mean here, for its next file.
func (s *Service) Mean(ctx context.Context, who Who, importID string, terms map[string]string) error {
	return s.DB.Write(ctx, func(tx *db.Tx) error {
		if err := s.require(tx, who, "directory.import"); err != nil {
			return err
		}
		i, err := db.First(readImports(tx, importStmt, importID))
		if err != nil {
			return err
		}
		o := i.Options
		if o.Terms == nil {
			o.Terms = map[string]string{}
		}
		for term, name := range terms {
			o.Terms[term] = name
		}
		options, err := json.Marshal(o)
		if err != nil {
			return err
		}
		_, err = tx.Exec(optionsStmt, string(options), importID)
		return err
	})
}
