package referral

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"time"

	"amelie/internal/clock"
	"amelie/internal/db"
	"amelie/internal/document"
	"amelie/internal/fault"
	"amelie/internal/id"
	"amelie/internal/jobs"
	"amelie/internal/vault"
	"amelie/internal/web"
)

// Order is what the professional decides on the consent sheet, or on the page
// for a legal ground.
type Order struct {
	Rev         int64 // of the draft that was shown
	Parts       []Part
	Days        int // 7, 30 or 90
	How         string
	Language    string // of the sheet that the person saw
	Interpreter string // none, independent
	Guardian    string // for a child: agrees, decides-alone
	Ground      string // identifier of the legal ground, when there is no consent
	Reason      string // why the ground applies; sealed for the sending agency
}

// check says what is missing before anything may leave.
//
// req: CONSENT-1
func (o Order) check(d *Drafted, grounds []Ground, languages []PersonLanguage) error {
	var wrong []fault.Field
	if d.Kind == Enquiry {
		return nil // names nobody; see FillEnquiry
	}
	if kindFor(d.Answers["setting"]) != Referral {
		return fault.New(fault.Conflict, "referral.error.not-alone")
	}
	content := slices.DeleteFunc(slices.Clone(o.Parts), func(p Part) bool {
		return p == PartFeedback || !slices.Contains(Available(d.Answers, len(d.Files)), p)
	})
	if len(content) == 0 {
		wrong = append(wrong, fault.Field{Name: "part", Key: "referral.error.no-part"})
	}
	if !slices.Contains(Periods, o.Days) {
		wrong = append(wrong, fault.Field{Name: "days", Key: "referral.error.days"})
	}
	switch {
	case o.Ground != "":
		if _, ok := groundByID(grounds, o.Ground); !ok {
			wrong = append(wrong, fault.Field{Name: "ground", Key: "referral.error.ground"})
		}
		if o.Reason == "" {
			wrong = append(wrong, fault.Field{Name: "reason", Key: "referral.error.ground-reason"})
		}
	case !slices.Contains(Ways, o.How):
		wrong = append(wrong, fault.Field{Name: "how", Key: "referral.error.how"})
	case d.Answers.Child() && !slices.Contains([]string{"agrees", "decides-alone"}, o.Guardian):
		// req: CHILD-1
		wrong = append(wrong, fault.Field{Name: "guardian", Key: "referral.error.guardian"})
	}
	if o.Ground == "" {
		known := slices.ContainsFunc(languages, func(l PersonLanguage) bool { return l.Code == o.Language })
		if !known || !slices.Contains(Interpreters, o.Interpreter) {
			wrong = append(wrong, fault.Field{Name: "interpreter", Key: "referral.error.option"})
		}
	}
	return fault.Fields(wrong...)
}

func groundByID(grounds []Ground, id string) (Ground, bool) {
	i := slices.IndexFunc(grounds, func(g Ground) bool { return g.ID == id })
	if i < 0 {
		return Ground{}, false
	}
	return grounds[i], true
}

// Grounds are the legal grounds on which this draft could leave without
// consent: none unless it is about a child or about danger to life.
//
// req: CONSENT-3
func (s *Service) Grounds(d *Drafted, country, lang string) []Ground {
	child, danger := d.Answers.Child(), d.Answers["setting"].One("setting") == Danger
	if !child && !danger || d.Kind == Enquiry {
		return nil
	}
	return s.Country.Grounds(country, lang, child, danger)
}

// Preview is the packet as it would leave with these parts, and its bytes.
func (s *Service) Preview(ctx context.Context, v *web.Viewer, d *Drafted, svc *Target, o Order) (Packet, []byte, error) {
	p, err := s.compose(d, v, svc, o, s.Now())
	if err != nil {
		return Packet{}, nil, err
	}
	b, err := p.Bytes()
	if err != nil {
		return Packet{}, nil, err
	}
	p, err = ParsePacket(b)
	return p, b, err
}

// Target is where a draft goes: the directory entry and the agency behind it.
type Target struct {
	Entry
	Agency   string // "" when the organisation receives nothing here
	FromName string
	ToName   string
	Closed   error  // why it cannot be sent: no agency, or no usable key
	Way      Way    // without an account: how it goes there
	Enquiry  string // of a round: the identifier of the enquiry to this one
}

// TargetOf looks up where a draft goes and whether that agency can receive.
// Errors: fault.NotFound when the entry is gone.
func (s *Service) TargetOf(ctx context.Context, v *web.Viewer, serviceID, lang string) (*Target, error) {
	entry, err := s.Directory.Service(ctx, serviceID, lang, s.Now())
	if err != nil {
		return nil, err
	}
	t := &Target{Entry: *entry, ToName: entry.OrgName}
	err = s.DB.Read(ctx, func(tx *db.Tx) error {
		t.Closed = nil
		var err error
		if t.FromName, err = s.Agencies.Name(tx, v.AgencyID); err != nil {
			return err
		}
		t.Agency, err = s.Agencies.ByDirectory(tx, entry.Organization)
		if fault.KindOf(err) == fault.NotFound {
			t.Agency, t.Closed = "", fault.New(fault.Unavailable, "referral.error.no-agency", "name", entry.OrgName)
			return nil
		}
		if err != nil {
			return err
		}
		if t.ToName, err = s.Agencies.Name(tx, t.Agency); err != nil {
			return err
		}
		if t.Agency == v.AgencyID {
			t.Closed = fault.New(fault.Conflict, "referral.error.own-agency")
			return nil
		}
		// req: KEY-1 an agency without a usable key receives nothing.
		if _, _, err := s.Agencies.PublicKey(tx, t.Agency); err != nil {
			t.Closed = fault.New(fault.Unavailable, "referral.error.no-key", "name", t.ToName).Because(err)
		}
		return nil
	})
	return t, err
}

// TargetFor is TargetOf for a draft, by the way that was chosen for it.
func (s *Service) TargetFor(ctx context.Context, v *web.Viewer, d *Drafted, lang string) (*Target, error) {
	t, err := s.TargetOf(ctx, v, d.Service, lang)
	if err == nil {
		t.by(d.Way, d.ID)
	}
	return t, err
}

// compose makes the packet of a draft.
func (s *Service) compose(d *Drafted, v *web.Viewer, to *Target, o Order, now time.Time) (Packet, error) {
	p := Packet{Version: PacketVersion, ID: d.ID, Kind: d.Kind, Made: clock.Millis(now), Urgency: d.Answers.Urgency(),
		From: Party{Agency: v.AgencyID, Name: to.FromName}, To: Party{Agency: to.Agency, Name: to.ToName}}
	if d.Kind == Enquiry {
		p.FillEnquiry(d.Answers)
		return p, nil
	}
	p.From.Person, p.From.Callback = v.Name, d.Answers["callback"].One("callback")
	p.Basis = Basis{How: o.How, Language: o.Language, Until: clock.Millis(now.AddDate(0, 0, o.Days))}
	if o.Ground != "" {
		p.Basis.How, p.Basis.Ground = "ground", o.Ground
	}
	var files []File
	for _, f := range d.Files {
		files = append(files, File{ID: f.ID, Type: f.Type, Size: len(f.Body), SHA256: Digest(f.Body)})
	}
	p.Fill(d.Answers, files, o.Parts)
	return p, nil
}

// parcel is everything sealed and ready before the transaction begins.
type parcel struct {
	row    stored
	env    []byte
	wraps  []wrapped
	files  map[string][]byte // sealed, by file
	given  *Given
	reason *message // of a legal ground
	letter *letter  // to a receiver without an account
}

// Send seals what was ticked and hands it over, in one transaction with the
// consent, the audit log and all that follows. Sending the same draft twice
// acts once and answers the same identifier.
// Errors: fault.Invalid with fields; fault.Unavailable when the agency cannot
// receive; fault.Stale when the draft changed after the sheet was shown.
func (s *Service) Send(ctx context.Context, v *web.Viewer, draftID, lang string, o Order) (string, error) {
	if err := s.requireAgency(v, "referral.send"); err != nil {
		return "", err
	}
	d, err := s.Load(ctx, v, draftID)
	if fault.KindOf(err) == fault.NotFound && s.alreadySent(ctx, v, draftID) {
		return draftID, nil
	}
	if err != nil {
		return "", err
	}
	if d.Kind == Enquiry && d.Way == ByAccount {
		_, err := s.SendEnquiry(ctx, v, draftID, lang, o.Rev)
		return draftID, err
	}
	to, err := s.TargetFor(ctx, v, d, lang)
	if err != nil {
		return "", err
	}
	if to.Closed != nil {
		return "", to.Closed
	}
	grounds := s.Grounds(d, to.Country, lang)
	if err := o.check(d, grounds, s.Sheet.Languages()); err != nil {
		return "", err
	}
	p, err := s.prepare(ctx, v, d, to, o, grounds)
	if err != nil {
		return "", err
	}
	return d.ID, fault.Wrap(s.DB.Write(ctx, func(tx *db.Tx) error { return s.deliver(tx, v, d, o, p) }), "send", d.ID)
}

func (s *Service) alreadySent(ctx context.Context, v *web.Viewer, draftID string) bool {
	err := s.DB.Read(ctx, func(tx *db.Tx) error {
		r, err := rowByID(tx, draftID)
		if err == nil && r.FromUser != v.UserID {
			return fault.New(fault.NotFound, "web.error.not-found")
		}
		return err
	})
	return err == nil
}

// prepare seals everything, outside any transaction.
func (s *Service) prepare(ctx context.Context, v *web.Viewer, d *Drafted, to *Target, o Order, grounds []Ground) (*parcel, error) {
	now := s.Now()
	packet, err := s.compose(d, v, to, o, now)
	if err != nil {
		return nil, err
	}
	plain, err := packet.Bytes()
	if err != nil {
		return nil, err
	}
	p := &parcel{row: newRow(v, d, to, o, packet, grounds, now), files: map[string][]byte{}}
	both, own, err := s.between(ctx, v, d, to, p)
	if err != nil {
		return nil, err
	}
	key := vault.NewDataKey()
	p.row.DueAt = s.Deadlines.Due(p.row.Urgency, now)
	if p.env, err = key.Seal(plain, vault.Binding{Field: sealPacket, Row: d.ID, Scope: v.AgencyID}); err != nil {
		return nil, err
	}
	if p.wraps, err = wrapFor(key, d.ID, both); err != nil {
		return nil, err
	}
	for _, f := range packet.Files {
		i := slices.IndexFunc(d.Files, func(a Attachment) bool { return a.ID == f.ID })
		if p.files[f.ID], err = key.Seal(d.Files[i].Body, vault.Binding{Field: sealFile, Row: f.ID, Scope: d.ID}); err != nil {
			return nil, err
		}
	}
	if o.Ground != "" && d.Kind == Referral {
		p.reason, err = seal(p.row.ID, Sender, v, "ground", o.Reason, own, now)
		return p, err
	}
	if d.Kind == Referral {
		p.given = &Given{ID: p.row.ConsentID, Referral: d.ID, ByAgency: v.AgencyID, ByUser: v.UserID, ToAgency: to.Agency,
			Parts: packet.Basis.Parts, Purpose: "referral", Until: p.row.AccessUntil, How: o.How, Language: o.Language,
			TextVersion: s.Sheet.Version(o.Language), Interpreter: o.Interpreter, Guardian: o.Guardian, At: now}
	}
	return p, nil
}

// between is whom a packet is sealed for, and of these the sending agency. For
// a receiver without an account it makes the letter.
func (s *Service) between(ctx context.Context, v *web.Viewer, d *Drafted, to *Target, p *parcel) (both, own []recipient, err error) {
	err = s.DB.Read(ctx, func(tx *db.Tx) (err error) {
		both = nil
		if to.Way == ByAccount {
			if both, err = s.recipients(tx, to.Agency); err != nil {
				return fault.New(fault.Unavailable, "referral.error.no-key", "name", to.ToName).Because(err)
			}
		}
		if own, err = s.recipients(tx, v.AgencyID); err != nil {
			return fault.New(fault.Unavailable, "referral.error.own-key").Because(err)
		}
		return nil
	})
	if err != nil {
		return nil, nil, err
	}
	if to.Way != ByAccount {
		var key vault.PublicKey
		if p.letter, key, err = s.newLetter(to.Way, d.ID, to.Entry, own[0], v.Lang); err != nil {
			return nil, nil, err
		}
		if key != nil {
			both = append(both, recipient{to.Agency, p.letter.row.KeyID, key})
		}
	}
	return append(both, own...), own, nil
}

func newRow(v *web.Viewer, d *Drafted, to *Target, o Order, p Packet, grounds []Ground, now time.Time) stored {
	r := stored{Row: Row{ID: d.ID, Kind: d.Kind, State: Sent, Urgency: p.Urgency, FromAgency: v.AgencyID, FromUser: v.UserID, FromName: v.Name,
		ToAgency: to.Agency, ServiceID: to.ID, Parent: d.Parent, SentAt: now, StateAt: now, Turn: string(Receiver)}}
	switch {
	case d.Kind == Enquiry:
		r.Basis, r.Feedback, r.AccessUntil = "none", true, now.Add(EnquiryLife)
	case o.Ground != "":
		g, _ := groundByID(grounds, o.Ground)
		r.Basis, r.Ground, r.Personal, r.ReviewDue = "ground", g.ID, g.PersonalDuty, now.Add(ReviewWithin)
		r.Feedback, r.AccessUntil = p.Feedback, now.AddDate(0, 0, o.Days)
	default:
		r.Basis, r.ConsentID = "consent", id.New()
		r.Feedback, r.AccessUntil = p.Feedback, now.AddDate(0, 0, o.Days)
	}
	return r
}

// deliver is the one transaction of sending.
func (s *Service) deliver(tx *db.Tx, v *web.Viewer, d *Drafted, o Order, p *parcel) error {
	now, r := p.row.SentAt, p.row
	present, err := draftByID(tx, d.ID)
	if fault.KindOf(err) == fault.NotFound {
		_, err := rowByID(tx, d.ID) // the same button, pressed twice at once
		return err
	}
	if err != nil {
		return err
	}
	if present.Rev != o.Rev || present.Rev != d.Rev {
		return fault.New(fault.Stale, "referral.error.draft-changed") // req: CONSENT-2
	}
	if first, err := insert(tx, r, p.env); err != nil || !first {
		return err
	}
	if p.letter != nil {
		if err := s.putLetter(tx, p.letter); err != nil {
			return err
		}
	}
	if err := s.storeWraps(tx, r.ID, p.wraps); err != nil {
		return err
	}
	for fileID, env := range p.files {
		if _, err := tx.Exec(fileInsertStmt, fileID, r.ID, env); err != nil {
			return err
		}
	}
	if err := s.basis(tx, v, r, p); err != nil {
		return err
	}
	if err := happened(tx, r, v, Sender, Send, r.Basis, now); err != nil {
		return err
	}
	if err := s.passedOn(tx, v, r); err != nil {
		return err
	}
	if err := s.placed(tx, v, r); err != nil {
		return err
	}
	if err := dropDraft(tx, d.ID); err != nil {
		return err
	}
	return s.follow(tx, v, r)
}

// basis records the consent, or the legal ground and its review.
func (s *Service) basis(tx *db.Tx, v *web.Viewer, r stored, p *parcel) error {
	if p.given != nil {
		return s.Ledger.Record(tx, *p.given)
	}
	if p.reason == nil {
		return nil
	}
	if err := s.storeMessage(tx, p.reason); err != nil {
		return err
	}
	leads, err := s.Agencies.Leads(tx, r.FromAgency)
	if err != nil {
		return err
	}
	if err := s.tell(tx, "review", v.UserID, leads); err != nil {
		return err
	}
	return jobs.Enqueue(tx, jobReview, r.ID, r.ReviewDue, r.ID)
}

// passedOn ends the referral that this one continues: it was redirected, with
// the person's new consent.
func (s *Service) passedOn(tx *db.Tx, v *web.Viewer, r stored) error {
	if r.Parent == "" {
		return nil
	}
	parent, err := s.rowFor(tx, v, r.Parent, "referral.answer")
	if err != nil {
		return err
	}
	next, err := Next(parent.Kind, parent.State, Redirect, Receiver)
	if err != nil {
		return err
	}
	return s.move(tx, v, parent, next, Redirect, Receiver, "")
}

// follow plans what comes after sending.
func (s *Service) follow(tx *db.Tx, v *web.Viewer, r stored) error {
	if err := s.plan(tx, r); err != nil {
		return err
	}
	if err := jobs.Cancel(tx, jobDraft, r.ID); err != nil {
		return err
	}
	if err := jobs.Enqueue(tx, jobExpire, r.ID, r.AccessUntil, r.ID); err != nil {
		return err
	}
	return s.tellDesk(tx, r.ToAgency, "new", v.UserID)
}

// message is a sealed word between the two sides, ready to be stored.
type message struct {
	id, referral, kind string
	side               Side
	user, name         string
	at                 time.Time
	env                []byte
	chunks             [][]byte // of its file
	wraps              []wrapped
}

// words is what a message holds when it is open.
type words struct {
	Text string `json:"text"`
	When int64  `json:"when,omitempty"` // of an appointment, ms UTC
	By   string `json:"by,omitempty"`   // the name of a guest, as typed
	// Terms are the coded conditions of an offer.
	Terms []string `json:"terms,omitempty"`
	Until int64    `json:"until,omitempty"` // the day by which an answer is asked for, ms UTC
	// File is what goes along; its bytes, not stored here, are sealed beside.
	File *document.File `json:"file,omitempty"`
	body []byte
}

// sealName keeps the name under which a guest opened the page, for both sides;
// nil for members of an agency, whose names the timeline holds.
//
// req: GUEST-8
func (s *Service) sealName(ctx context.Context, v *web.Viewer, id string) (*message, error) {
	if !isGuest(v) {
		return nil, nil
	}
	var to []recipient
	err := s.DB.Read(ctx, func(tx *db.Tx) error {
		r, err := s.permitted(tx, v, id, Open)
		if err != nil {
			return err
		}
		to, err = s.recipients(tx, r.FromAgency, r.ToAgency)
		return err
	})
	if err != nil {
		return nil, err
	}
	return seal(id, Receiver, v, string(Open), "", to, s.Now())
}

// seal closes a message under a key of its own for the given recipients.
func seal(referralID string, side Side, v *web.Viewer, kind, text string, to []recipient, now time.Time) (*message, error) {
	return sealWords(referralID, side, v, kind, words{Text: text}, to, now)
}

func sealWords(referralID string, side Side, v *web.Viewer, kind string, w words, to []recipient, now time.Time) (*message, error) {
	if len(to) == 0 {
		return nil, errors.New("a message for nobody")
	}
	m := &message{id: id.New(), referral: referralID, kind: kind, side: side, user: v.UserID, name: openName(v), at: now}
	if isGuest(v) {
		w.By = v.Name
	}
	plain, err := json.Marshal(w)
	if err != nil {
		return nil, err
	}
	key := vault.NewDataKey()
	if m.env, err = key.Seal(plain, vault.Binding{Field: sealMessage, Row: m.id, Scope: referralID}); err != nil {
		return nil, err
	}
	m.chunks, err = document.Seal(w.body, func(n int, piece []byte) ([]byte, error) { return key.Seal(piece, chunkPlace(referralID, m.id, n)) })
	if err != nil {
		return nil, err
	}
	m.wraps, err = wrapFor(key, m.id, to)
	return m, err
}

func (s *Service) storeMessage(tx *db.Tx, m *message) error {
	_, err := tx.Exec(messageInsertStmt, m.id, m.referral, clock.Millis(m.at), string(m.side), m.user, m.name, m.kind, m.env)
	for n, env := range m.chunks {
		if err == nil {
			_, err = tx.Exec(chunkInsertStmt, m.id, n, m.referral, env)
		}
	}
	if err != nil {
		return err
	}
	return s.storeWraps(tx, m.referral, m.wraps)
}
