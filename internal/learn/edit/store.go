package edit

import (
	"archive/zip"
	"bytes"
	"embed"
	"encoding/json"
	"io"
	"slices"
	"strings"
	"time"

	"amelie/internal/clock"
	"amelie/internal/db"
	"amelie/internal/id"
	"amelie/internal/learn"
)

//go:embed schema/*.sql
var schemaFiles embed.FS

// Schema is what this package stores.
var Schema = db.Schema{Package: "edit", Files: schemaFiles}

var (
	workStmt     = db.Statement(`SELECT base, revision, released FROM course_work WHERE course = $1`)
	saveWork     = db.Statement(`INSERT INTO course_work (course, base, revision, released) VALUES ($1, $2, $3, $4) ON CONFLICT (course) DO UPDATE SET base = excluded.base, revision = excluded.revision, released = excluded.released`)
	filesStmt    = db.Statement(`SELECT path, body FROM course_file WHERE course = $1`)
	fileStmt     = db.Statement(`SELECT body FROM course_file WHERE course = $1 AND path = $2`)
	saveFile     = db.Statement(`INSERT INTO course_file (course, path, body) VALUES ($1, $2, $3) ON CONFLICT (course, path) DO UPDATE SET body = excluded.body`)
	changeFields = `id, act, kind, path, block, before, before_of, after, after_of, editor, name, at`
	insertChange = db.Statement(`INSERT INTO course_change (course, id, act, kind, path, block, before, before_of, after, after_of, editor, name, at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)`)
	changeStmt   = db.Statement(`SELECT ` + changeFields + ` FROM course_change WHERE course = $1 AND id = $2`)
	blockChanges = db.Statement(`SELECT ` + changeFields + ` FROM course_change WHERE course = $1 AND path = $2 AND block = $3 ORDER BY id DESC LIMIT 200`)
	allChanges   = db.Statement(`SELECT ` + changeFields + ` FROM course_change WHERE course = $1 AND id < $2 ORDER BY id DESC LIMIT $3`)
	everNamed    = db.Statement(`SELECT DISTINCT block FROM course_change WHERE course = $1 AND path = $2`)

	pictureRows   = db.Statement(`SELECT path FROM course_file WHERE course = $1 AND path LIKE 'picture/%'`)
	topicRows     = db.Statement(`SELECT body FROM course_file WHERE course = $1 AND path LIKE '%/topic.toml'`)
	topicChanges  = db.Statement(`SELECT before, after FROM course_change WHERE course = $1 AND block = '' AND path LIKE '%/topic.toml'`)
	dropFileStmt  = db.Statement(`DELETE FROM course_file WHERE course = $1 AND path = $2`)
	insertIntake  = db.Statement(`INSERT INTO course_intake (id, course, version, body, state, before, editor, name, at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`)
	settleIntake  = db.Statement(`UPDATE course_intake SET body = $1, state = $2, before = $3 WHERE course = $4 AND id = $5`)
	intakeStmt    = db.Statement(`SELECT id, version, state, before, editor, name, at, body FROM course_intake WHERE course = $1 AND id = $2`)
	intakesStmt   = db.Statement(`SELECT id, version, state, before, editor, name, at FROM course_intake WHERE course = $1 ORDER BY id DESC LIMIT 50`)
	oldIntakes    = db.Statement(`DELETE FROM course_intake WHERE course = $1 AND state = $2 AND at < $3`)
	upgradesStmt  = db.Statement(`SELECT version, was, taken, waiting, at FROM course_upgrade WHERE course = $1 ORDER BY at DESC`)
	insertUpgrade = db.Statement(`INSERT INTO course_upgrade (course, version, was, taken, waiting, at) VALUES ($1, $2, $3, $4, $5, $6)`)
	proposalsStmt = db.Statement(`SELECT path, block, base, theirs, theirs_of, version FROM course_proposal WHERE course = $1 AND state = $2 ORDER BY path, block`)
	saveProposal  = db.Statement(`INSERT INTO course_proposal (course, path, block, base, theirs, theirs_of, version, state, editor, name, at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) ON CONFLICT (course, path, block) DO UPDATE SET base = excluded.base, theirs = excluded.theirs, theirs_of = excluded.theirs_of, version = excluded.version, state = excluded.state, editor = excluded.editor, name = excluded.name, at = excluded.at`)
	pathChanges   = db.Statement(`SELECT ` + changeFields + ` FROM course_change WHERE course = $1 AND path = $2 ORDER BY id DESC`)
	requestsStmt  = db.Statement(`SELECT path, part, digest, state, editor, name, at FROM course_review WHERE course = $1`)
	saveRequestTo = db.Statement(`INSERT INTO course_review (course, path, part, digest, state, editor, name, at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (course, path, part) DO UPDATE SET digest = excluded.digest, state = excluded.state, editor = excluded.editor, name = excluded.name, at = excluded.at`)
	commentFields = `id, path, block, stamp, about, body, editor, name, at, settler, settled`
	insertComment = db.Statement(`INSERT INTO course_comment (course, id, path, block, stamp, about, body, editor, name, at, settler, settled) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, '', 0)`)
	commentStmt   = db.Statement(`SELECT ` + commentFields + ` FROM course_comment WHERE course = $1 AND id = $2`)
	openComments  = db.Statement(`SELECT ` + commentFields + ` FROM course_comment WHERE course = $1 AND settled = 0 ORDER BY id LIMIT 1000`)
	blockComments = db.Statement(`SELECT ` + commentFields + ` FROM course_comment WHERE course = $1 AND path = $2 AND block = $3 AND settled = 0 ORDER BY id LIMIT 200`)
	settleThread  = db.Statement(`UPDATE course_comment SET settler = $1, settled = $2 WHERE course = $3 AND (id = $4 OR about = $5)`)
	oldComments   = db.Statement(`DELETE FROM course_comment WHERE course = $1 AND settled > 0 AND settled < $2`)
	folderStmt    = db.Statement(`SELECT body FROM course_folder WHERE course = $1 AND version = $2`)
	foldersStmt   = db.Statement(`SELECT version FROM course_folder WHERE course = $1`)
	folderKnown   = db.Statement(`SELECT version FROM course_folder WHERE course = $1 AND version = $2`)
	insertFolder  = db.Statement(`INSERT INTO course_folder (course, version, body) VALUES ($1, $2, $3) ON CONFLICT (course, version) DO NOTHING`)

	insertRelease = db.Statement(`INSERT INTO course_release (course, id, version, note, changed, editor, name, at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`)
	releasesStmt  = db.Statement(`SELECT id, version, note, changed, editor, name, at FROM course_release WHERE course = $1 ORDER BY id DESC LIMIT 200`)
)

// work is the row of a working copy.
type work struct {
	base     string // version that it began from
	revision int64
	released string // version that is published; "": what ships with the program
}

// loadWork says false when nobody has edited.
func loadWork(tx *db.Tx, course string) (w work, ok bool, err error) {
	err = tx.Row(workStmt, course).Scan(&w.base, &w.revision, &w.released)
	if db.NoRows(err) {
		return w, false, nil
	}
	return w, err == nil, err
}

func (w work) save(tx *db.Tx, course string) error {
	_, err := tx.Exec(saveWork, course, w.base, w.revision, w.released)
	return err
}

// loadFiles is the working copy as a folder. A picture that no unit shows and a
// case that the course does not name stay in their rows, so that they can be
// brought back, and are no part of the folder.
func loadFiles(tx *db.Tx, course string) (map[string][]byte, error) {
	out := map[string][]byte{}
	var named strings.Builder
	err := tx.Each(filesStmt, func(scan func(...any) error) error {
		var path string
		var body []byte
		err := scan(&path, &body)
		out[path] = body
		if strings.HasSuffix(path, "/topic.toml") {
			named.Write(body)
		}
		return err
	}, course)
	c, wrong := learn.ParseCourse(string(out["course.toml"]))
	for path := range out {
		name, _, inCase := strings.Cut(strings.TrimPrefix(path, "case/"), "/")
		if strings.HasPrefix(path, "picture/") && !strings.Contains(named.String(), `"`+path+`"`) ||
			inCase && strings.HasPrefix(path, "case/") && wrong == nil && !slices.Contains(c.CaseIDs, name) {
			delete(out, path)
		}
	}
	return out, err
}

// loadFile says false when the working copy has no such file.
func loadFile(tx *db.Tx, course, path string) (body string, ok bool, err error) {
	var bytes []byte
	err = tx.Row(fileStmt, course, path).Scan(&bytes)
	if db.NoRows(err) {
		return "", false, nil
	}
	return string(bytes), err == nil, err
}

func putFile(tx *db.Tx, course, path string, body []byte) error {
	_, err := tx.Exec(saveFile, course, path, body)
	return err
}

func dropFile(tx *db.Tx, course, path string) error {
	_, err := tx.Exec(dropFileStmt, course, path)
	return err
}

// loadStray are the pictures that neither a unit shows nor the history can bring
// back.
func loadStray(tx *db.Tx, course string) (out []string, err error) {
	err = tx.Each(pictureRows, func(scan func(...any) error) error {
		out = append(out, "")
		return scan(&out[len(out)-1])
	}, course)
	if err != nil || len(out) == 0 {
		return nil, err
	}
	var named strings.Builder
	err = tx.Each(topicRows, func(scan func(...any) error) error {
		var body []byte
		err := scan(&body)
		named.Write(body)
		return err
	}, course)
	if err != nil {
		return nil, err
	}
	err = tx.Each(topicChanges, func(scan func(...any) error) error {
		var before, after string
		err := scan(&before, &after)
		named.WriteString(before + after)
		return err
	}, course)
	all := named.String()
	return slices.DeleteFunc(out, func(path string) bool { return strings.Contains(all, `"`+path+`"`) }), err
}

func (c Change) insert(tx *db.Tx, course string) error {
	_, err := tx.Exec(insertChange, course, id.New(), c.Act, string(c.Kind), c.Path, c.Block, c.Before.Body, c.Before.Of, c.After.Body, c.After.Of, c.By.User, c.By.Name, clock.Millis(c.At))
	return err
}

func loadChanges(tx *db.Tx, stmt *db.Stmt, args ...any) (out []Change, err error) {
	err = eachChange(tx, stmt, func(c Change) { out = append(out, c) }, args...)
	return out, err
}

// eachChange goes through changes without holding them all.
func eachChange(tx *db.Tx, stmt *db.Stmt, do func(c Change), args ...any) error {
	return tx.Each(stmt, func(scan func(...any) error) error {
		var c Change
		var at int64
		err := scan(&c.ID, &c.Act, &c.Kind, &c.Path, &c.Block, &c.Before.Body, &c.Before.Of, &c.After.Body, &c.After.Of, &c.By.User, &c.By.Name, &at)
		if err == nil {
			c.At = clock.Time(at)
			do(c)
		}
		return err
	}, args...)
}

// loadNames are the blocks of a file that were ever changed.
func loadNames(tx *db.Tx, course, path string) (out []string, err error) {
	err = tx.Each(everNamed, func(scan func(...any) error) error {
		out = append(out, "")
		return scan(&out[len(out)-1])
	}, course, path)
	return out, err
}

// keepFolder keeps a revision for good. Packing it takes longer than looking
// whether it is there.
func keepFolder(tx *db.Tx, course, version string, files map[string][]byte) error {
	var known string
	err := tx.Row(folderKnown, course, version).Scan(&known)
	if !db.NoRows(err) {
		return err
	}
	body, err := learn.Zip(files)
	if err == nil {
		_, err = tx.Exec(insertFolder, course, version, body)
	}
	return err
}

// loadFolders are the versions that were kept.
func loadFolders(tx *db.Tx, course string) (out []string, err error) {
	err = tx.Each(foldersStmt, func(scan func(...any) error) error {
		out = append(out, "")
		return scan(&out[len(out)-1])
	}, course)
	return out, err
}

// loadFolder says false when the revision was not kept.
func loadFolder(tx *db.Tx, course, version string) (files map[string][]byte, ok bool, err error) {
	var body []byte
	err = tx.Row(folderStmt, course, version).Scan(&body)
	if db.NoRows(err) {
		return nil, false, nil
	}
	if err == nil {
		files, err = unpacked(body)
	}
	return files, err == nil, err
}

// unpacked takes what learn.Zip made; it is never given anything else.
func unpacked(body []byte) (map[string][]byte, error) {
	z, err := zip.NewReader(bytes.NewReader(body), int64(len(body)))
	if err != nil {
		return nil, err
	}
	out := map[string][]byte{}
	for _, f := range z.File {
		if out[f.Name], err = read(f); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func read(f *zip.File) ([]byte, error) {
	r, err := f.Open()
	if err != nil {
		return nil, err
	}
	defer r.Close()
	return io.ReadAll(r)
}

func (r Release) insert(tx *db.Tx, course string) error {
	changed, err := json.Marshal(r.Changed)
	if err == nil {
		_, err = tx.Exec(insertRelease, course, r.ID, r.Version, r.Note, string(changed), r.By.User, r.By.Name, clock.Millis(r.At))
	}
	return err
}

func loadReleases(tx *db.Tx, course string) (out []Release, err error) {
	err = tx.Each(releasesStmt, func(scan func(...any) error) error {
		var r Release
		var changed string
		var at int64
		if err := scan(&r.ID, &r.Version, &r.Note, &changed, &r.By.User, &r.By.Name, &at); err != nil {
			return err
		}
		r.At = clock.Time(at)
		out = append(out, r)
		return json.Unmarshal([]byte(changed), &out[len(out)-1].Changed)
	}, course)
	return out, err
}

func (in Intake) insert(tx *db.Tx, course string, body []byte) error {
	_, err := tx.Exec(insertIntake, in.ID, course, in.Version, body, in.State, in.Before, in.By.User, in.By.Name, clock.Millis(in.At))
	return err
}

func (in Intake) settle(tx *db.Tx, course string) error {
	_, err := tx.Exec(settleIntake, []byte{}, in.State, in.Before, course, in.ID)
	return err
}

func (in *Intake) scan(scan func(...any) error, more ...any) error {
	var at int64
	err := scan(append([]any{&in.ID, &in.Version, &in.State, &in.Before, &in.By.User, &in.By.Name, &at}, more...)...)
	in.At = clock.Time(at)
	return err
}

func loadIntake(tx *db.Tx, course, id string) (in Intake, body []byte, err error) {
	err = in.scan(tx.Row(intakeStmt, course, id).Scan, &body)
	if db.NoRows(err) {
		err = errNotFound
	}
	return in, body, err
}

func loadIntakes(tx *db.Tx, course string) (out []Intake, err error) {
	err = tx.Each(intakesStmt, func(scan func(...any) error) error {
		out = append(out, Intake{})
		return out[len(out)-1].scan(scan)
	}, course)
	return out, err
}

// dropOldIntakes forgets the folders that nobody took.
func dropOldIntakes(tx *db.Tx, course string, before time.Time) error {
	_, err := tx.Exec(oldIntakes, course, IntakeOpen, clock.Millis(before))
	return err
}

func (u UpgradeRow) insert(tx *db.Tx, course string) error {
	_, err := tx.Exec(insertUpgrade, course, u.Version, u.Was, int64(u.Taken), int64(u.Waiting), clock.Millis(u.At))
	return err
}

func loadUpgrades(tx *db.Tx, course string) (out []UpgradeRow, err error) {
	err = tx.Each(upgradesStmt, func(scan func(...any) error) error {
		var u UpgradeRow
		var at int64
		err := scan(&u.Version, &u.Was, &u.Taken, &u.Waiting, &at)
		u.At = clock.Time(at)
		out = append(out, u)
		return err
	}, course)
	return out, err
}

func (p Proposal) save(tx *db.Tx, course string, at time.Time) error {
	_, err := tx.Exec(saveProposal, course, p.Path, p.Block, p.Base.Body, p.Theirs.Body, p.Theirs.Of, p.Version, p.State, p.By.User, p.By.Name, clock.Millis(at))
	return err
}

// loadProposals are those that nobody has decided.
func loadProposals(tx *db.Tx, course string) (out []Proposal, err error) {
	err = tx.Each(proposalsStmt, func(scan func(...any) error) error {
		p := Proposal{State: ProposalOpen}
		err := scan(&p.Path, &p.Block, &p.Base.Body, &p.Theirs.Body, &p.Theirs.Of, &p.Version)
		out = append(out, p)
		return err
	}, course, ProposalOpen)
	return out, err
}

func loadRequests(tx *db.Tx, course string) (map[Name]request, error) {
	out := map[Name]request{}
	err := tx.Each(requestsStmt, func(scan func(...any) error) error {
		var a request
		var n Name
		var path string
		var at int64
		err := scan(&path, &n.Part, &a.digest, &a.step, &a.By.User, &a.By.Name, &at)
		n.File, n.Lang, _ = wordsFile(path)
		a.At = clock.Time(at)
		out[n] = a
		return err
	}, course)
	return out, err
}

func saveRequest(tx *db.Tx, course string, n Name, a request) error {
	_, err := tx.Exec(saveRequestTo, course, n.path(), n.Part, a.digest, string(a.step), a.By.User, a.By.Name, clock.Millis(a.At))
	return err
}

func (x Comment) insert(tx *db.Tx, course string) error {
	_, err := tx.Exec(insertComment, course, id.New(), x.path(), x.Block, x.Stamp, x.About, x.Body, x.By.User, x.By.Name, clock.Millis(x.At))
	return err
}

func loadComments(tx *db.Tx, stmt *db.Stmt, args ...any) (out []Comment, err error) {
	err = tx.Each(stmt, func(scan func(...any) error) error {
		var x Comment
		var path string
		var at, settled int64
		err := scan(&x.ID, &path, &x.Block, &x.Stamp, &x.About, &x.Body, &x.By.User, &x.By.Name, &at, &x.Settler, &settled)
		x.File, x.Lang, _ = wordsFile(path)
		x.At = clock.Time(at)
		if settled > 0 {
			x.Settled = clock.Time(settled)
		}
		out = append(out, x)
		return err
	}, args...)
	return out, err
}

// settleComment closes a comment with its answers.
func settleComment(tx *db.Tx, course, comment, settler string, at time.Time) error {
	_, err := tx.Exec(settleThread, settler, clock.Millis(at), course, comment, comment)
	return err
}

func dropComments(tx *db.Tx, course string, before time.Time) error {
	_, err := tx.Exec(oldComments, course, clock.Millis(before))
	return err
}
