package talk

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"

	"amelie/internal/casework"
	"amelie/internal/clock"
	"amelie/internal/db"
	"amelie/internal/fault"
	"amelie/internal/policy"
	"amelie/internal/vault"
	"amelie/internal/web"
)

// The places of what is sealed: the thread is always the scope.

func decimal(n int64) string { return strconv.FormatInt(n, 10) }

func topicPlace(threadID string, epoch int64) vault.Binding {
	return vault.Binding{Field: "casework.talk.topic", Row: decimal(epoch), Scope: threadID}
}

func wrapPlace(threadID string, epoch int64, agency string) vault.Binding {
	return vault.Binding{Field: "casework.talk.wrap", Row: decimal(epoch) + "/" + agency, Scope: threadID}
}

func messagePlace(threadID, id string) vault.Binding {
	return vault.Binding{Field: "casework.talk.message", Row: id, Scope: threadID}
}

func chunkPlace(threadID, message string, n int) vault.Binding {
	return vault.Binding{Field: "casework.talk.chunk", Row: message + "/" + strconv.Itoa(n), Scope: threadID}
}

// errMoved says that parties or keys changed between preparing and writing.
var errMoved = errors.New("talk: the parties changed meanwhile")

// holder is a party with its present key; without one nothing is wrapped for it
// until it has one.
type holder struct {
	agency, keyID string
	key           vault.PublicKey
}

// footing is what somebody who reads or writes a thread stands on.
type footing struct {
	thread  Row
	owner   string // whose case it is
	worker  string // who is responsible for it
	state   casework.State
	parties []holder
	epoch   int64             // the newest; 0: none yet
	lost    bool              // a party left since it began
	holds   map[string]string // agency -> the key that the newest epoch is wrapped for
	topic   []byte            // sealed under the newest epoch
}

// equal says whether two readings agree, so that what was prepared outside a
// transaction may be written in it.
func (f footing) equal(o footing) bool {
	return f.epoch == o.epoch && f.lost == o.lost && f.thread.Open == o.thread.Open && f.state == o.state && maps.Equal(f.holds, o.holds) &&
		slices.EqualFunc(f.parties, o.parties, func(a, b holder) bool { return a.agency == b.agency && a.keyID == b.keyID })
}

// turn says whether the next writer begins a new epoch: a party came, left, or
// replaced its key.
//
// req: TALK-1
func (f footing) turn() bool {
	usable := map[string]string{}
	for _, p := range f.parties {
		if p.keyID != "" {
			usable[p.agency] = p.keyID
		}
	}
	return f.epoch == 0 || f.lost || !maps.Equal(usable, f.holds)
}

// going refuses an act in a case that is closed.
func (f footing) going() error {
	if f.state != casework.Open {
		return errEnded
	}
	return nil
}

func (f footing) has(agency string) bool {
	return slices.ContainsFunc(f.parties, func(p holder) bool { return p.agency == agency })
}

// others are the parties besides one.
func (f footing) others(agency string) (out []string) {
	for _, p := range f.parties {
		if p.agency != agency {
			out = append(out, p.agency)
		}
	}
	return out
}

func (f footing) object(v *web.Viewer) policy.Object {
	return policy.Object{Type: "Thread", ID: f.thread.ID, Attrs: map[string]any{"agency": f.owner, "party": f.thread.ID != "" && f.has(v.AgencyID)}}
}

// owned is what members of the case's own agency must be allowed besides: who lets
// another agency take part gives something of the case to it. A colleague who is
// let in by the team, or because a life is in danger, does not.
//
// req: TALK-3
var owned = map[string]string{"thread.begin": "case.grant", "thread.admit": "case.grant", "thread.steer": "case.write", "thread.write": "case.write"}

// stand reads what somebody stands on in a thread whose parties are among the
// agencies, and asks both policies: whether the member may open the case, and
// what the member may do with the thread. An agency without a part of the file is
// no party.
//
// req: TALK-2
func (s *Service) stand(tx *db.Tx, v *web.Viewer, thread Row, caseID string, agencies []string, action string) (f footing, err error) {
	need := "case.open"
	if action == "thread.leave" {
		need = "case.know"
	}
	row, err := s.Cases.Require(tx, v, caseID, need)
	if err == nil && row.AgencyID == v.AgencyID && owned[action] != "" {
		row, err = s.Cases.Require(tx, v, caseID, owned[action])
	}
	if err != nil {
		return f, err
	}
	f.thread, f.owner, f.worker, f.state = thread, row.AgencyID, row.WorkerID, row.State
	if f.parties, err = s.parties(tx, caseID, agencies); err != nil {
		return f, err
	}
	if err := s.Policy.Require(v.Actor(), action, f.object(v)); err != nil {
		return f, err
	}
	return f, s.keysOf(tx, &f)
}

// parties are those of the agencies that have a part of the file now, with their
// keys.
func (s *Service) parties(tx *db.Tx, caseID string, agencies []string) (out []holder, err error) {
	row, others, err := casework.Circle(tx, caseID, s.Now())
	if err != nil {
		return nil, err
	}
	for _, agency := range agencies {
		if agency != row.AgencyID && !slices.Contains(others, agency) {
			continue
		}
		h := holder{agency: agency}
		h.keyID, h.key, err = s.Agencies.OwnKey(tx, agency)
		if k := fault.KindOf(err); err != nil && k != fault.Unavailable && k != fault.NotFound {
			return nil, err
		}
		out = append(out, h)
	}
	return out, nil
}

// keysOf reads the newest epoch and who holds it.
func (s *Service) keysOf(tx *db.Tx, f *footing) error {
	epochs, err := db.All(tx, epochsStmt, scanEpoch, f.thread.ID)
	if err != nil {
		return err
	}
	for _, e := range epochs { // in order: the last is the newest
		f.epoch, f.lost, f.topic = e.epoch, e.lost, e.env
	}
	holders, err := db.All(tx, holdersStmt, scanHolder, f.thread.ID)
	f.holds = map[string]string{}
	for _, h := range holders {
		if h.epoch == f.epoch {
			f.holds[h.agency] = h.keyID
		}
	}
	return err
}

// keys are the opened keys of a thread, by epoch, as far as an agency has them.
type keys map[int64]*vault.DataKey

// open opens the wraps of the viewer's agency. They live as long as a request.
func (s *Service) open(tx *db.Tx, v *web.Viewer, threadID string) (keys, error) {
	wraps, err := db.All(tx, wrapsStmt, scanWrap, threadID, v.AgencyID)
	if err != nil {
		return nil, err
	}
	return s.unwrap(tx, v, threadID, wraps, map[string]*vault.PrivateKey{})
}

// unwrap opens wraps of a thread. own are the agency's keys that are open already,
// and gets those that are opened.
func (s *Service) unwrap(tx *db.Tx, v *web.Viewer, threadID string, wraps []wrapRow, own map[string]*vault.PrivateKey) (out keys, err error) {
	out = keys{}
	for _, w := range wraps {
		if own[w.keyID] == nil {
			if own[w.keyID], err = s.Agencies.OpenKey(tx, v, w.keyID); err != nil {
				return nil, err
			}
		}
		if out[w.epoch], err = vault.UnwrapDataKey(own[w.keyID], w.env, wrapPlace(threadID, w.epoch, v.AgencyID)); err != nil {
			return nil, fault.Wrap(err, "open thread", threadID)
		}
	}
	return out, nil
}

// topicOf opens the topic under the newest epoch; "" where the agency has none.
func (k keys) topicOf(f footing) (string, error) {
	key := k[f.epoch]
	if key == nil {
		return "", nil
	}
	plain, err := key.Open(f.topic, topicPlace(f.thread.ID, f.epoch))
	return string(plain), fault.Wrap(err, "open topic", f.thread.ID)
}

// content opens what a message says.
func (k keys) content(threadID string, m Message) (c Content, err error) {
	plain, err := k[m.epoch].Open(m.env, messagePlace(threadID, m.ID))
	if err != nil {
		return c, fault.Wrap(err, "open message", m.ID)
	}
	if err := json.Unmarshal(plain, &c); err != nil {
		return c, fault.Wrap(err, "read message", m.ID)
	}
	if c.Version < 1 || c.Version > contentVersion {
		return c, fault.New(fault.Unavailable, "casework.error.newer").Because(fmt.Errorf("version %d", c.Version))
	}
	return c, nil
}

// pen seals under the newest epoch of a thread, and has begun a new one where
// that was due. It is used outside of the transaction and spent in it.
type pen struct {
	threadID string
	epoch    int64
	key      *vault.DataKey
	fresh    *epochRow
	wraps    []wrapRow
}

// newPen makes the pen for a thread with this topic.
func newPen(f footing, own keys, topic string) (*pen, error) {
	p := &pen{threadID: f.thread.ID, epoch: f.epoch, key: own[f.epoch]}
	if !f.turn() {
		if p.key == nil {
			return nil, vault.ErrClosed
		}
		return p, nil
	}
	if p.epoch > 0 && p.key == nil { // who cannot open the topic cannot hand it on
		return nil, errLater
	}
	p.epoch++
	p.key = vault.NewDataKey()
	env, err := p.key.Seal([]byte(topic), topicPlace(p.threadID, p.epoch))
	if err != nil {
		return nil, err
	}
	p.fresh = &epochRow{epoch: p.epoch, env: env}
	for _, h := range f.parties {
		if h.keyID == "" {
			continue
		}
		env, err := p.key.WrapTo(h.key, wrapPlace(p.threadID, p.epoch, h.agency))
		if err != nil {
			return nil, err
		}
		p.wraps = append(p.wraps, wrapRow{p.epoch, h.agency, h.keyID, env})
	}
	return p, nil
}

// write puts the keys that were made into the database.
func (p *pen) write(tx *db.Tx, now int64) error {
	if p.fresh == nil {
		return nil
	}
	if _, err := tx.Exec(epochInsertStmt, p.threadID, p.epoch, now, p.fresh.env); err != nil {
		return err
	}
	for _, w := range p.wraps {
		if _, err := tx.Exec(wrapInsertStmt, p.threadID, w.epoch, w.agency, w.keyID, w.env); err != nil {
			return err
		}
	}
	return nil
}

// seal closes a message.
func (p *pen) seal(m *Message) error {
	m.Version = contentVersion
	plain, err := json.Marshal(m.Content)
	if err != nil {
		return err
	}
	m.epoch = p.epoch
	m.env, err = p.key.Seal(plain, messagePlace(p.threadID, m.ID))
	return err
}

// drop ends what an agency can open of a thread, at once and without any key. What
// waits for it waits no longer.
//
// req: TALK-1
func drop(tx *db.Tx, threadID, agency string, now int64) error {
	for _, stmt := range []*db.Stmt{partyDropStmt, wrapsDropStmt} {
		if _, err := tx.Exec(stmt, threadID, agency); err != nil {
			return err
		}
	}
	if _, err := tx.Exec(partedStmt, now, threadID, agency); err != nil {
		return err
	}
	_, err := tx.Exec(epochsLostStmt, threadID)
	return err
}

// lost ends all threads of a case for an agency that has no part of it any more.
//
// req: TALK-2
func (s *Service) lost(tx *db.Tx, caseID, agency string) error {
	return lostIn(tx, caseID, agency, clock.Millis(s.Now()))
}

func lostIn(tx *db.Tx, caseID, agency string, now int64) error {
	threads, err := db.All(tx, partyOfStmt, scanID, caseID, agency)
	if err != nil {
		return err
	}
	for _, id := range threads {
		if err := drop(tx, id, agency, now); err != nil {
			return err
		}
	}
	return nil
}
