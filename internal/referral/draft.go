package referral

import (
	"context"
	"encoding/json"
	"slices"
	"time"

	"amelie/internal/clock"
	"amelie/internal/db"
	"amelie/internal/draft"
	"amelie/internal/fault"
	"amelie/internal/id"
	"amelie/internal/jobs"
	"amelie/internal/policy"
	"amelie/internal/vault"
	"amelie/internal/web"
)

// Drafted is an opened draft.
type Drafted struct {
	draftRow
	Answers Answers
	Files   []Attachment
}

// Attachment is an opened file of a draft or a referral.
type Attachment struct {
	ID   string
	Name string // as on the author's device; it stays with the draft and never leaves
	Type string // image/jpeg, image/png, application/pdf
	Body []byte
}

// Author is who writes a draft.
type Author = draft.Author

// AuthorOf is the viewer as an author.
func AuthorOf(v *web.Viewer) Author { return draft.AuthorOf(v) }

// Begin starts a draft with the answer to the first question, or without one
// when it is asked later, and says its identifier. The same once token gives
// the same draft.
func (s *Service) Begin(ctx context.Context, by Author, serviceID, parent, once string, first Answer) (string, error) {
	draftID := id.New()
	if id.Valid(once) {
		draftID = once
	}
	kind := kindFor(first)
	env, err := s.sealAnswer(ctx, by, draftID, "setting", first)
	if err != nil {
		return "", err
	}
	err = s.DB.Write(ctx, func(tx *db.Tx) error {
		begun, err := s.begun(tx, by, draftID)
		if err != nil || begun {
			return err
		}
		now := s.Now()
		if _, err := tx.Exec(draftInsertStmt, draftID, by.User, by.Agency, string(kind), serviceID, parent, clock.Millis(now), clock.Millis(now)); err != nil {
			return err
		}
		if len(first) > 0 {
			if _, err := tx.Exec(answerPutStmt, draftID, "setting", env, clock.Millis(now)); err != nil {
				return err
			}
		}
		return jobs.Enqueue(tx, jobDraft, draftID, now.Add(DraftLife), draftID)
	})
	return draftID, fault.Wrap(err, "begin draft", draftID)
}

// kindFor is what may be sent after the first question: who is not alone with
// the person can only enquire.
//
// req: CONSENT-6
func kindFor(setting Answer) Kind {
	switch setting.One("setting") {
	case Alone, AloneInterpreter, Danger:
		return Referral
	}
	return Enquiry
}

func (s *Service) sealAnswer(ctx context.Context, by Author, draftID, step string, a Answer) ([]byte, error) {
	return draft.Seal(ctx, s.DB, s.People, by, a, answerPlace(draftID, step, by.User))
}

func answerPlace(draftID, step, user string) vault.Binding {
	return vault.Binding{Field: sealAnswer, Row: draftID + "/" + step, Scope: user}
}

// Save seals the answer to one step. It needs no open key and no valid
// sign-in, only to be the author: what was typed into an expired page is kept.
//
// req: DRAFT-1
func (s *Service) Save(ctx context.Context, by Author, draftID, step string, a Answer) error {
	if _, ok := StepByID(step); !ok {
		return fault.New(fault.NotFound, "web.error.not-found")
	}
	env, err := s.sealAnswer(ctx, by, draftID, step, a)
	if err != nil {
		return err
	}
	return s.DB.Write(ctx, func(tx *db.Tx) error {
		d, err := s.ownDraft(tx, by, draftID)
		if err != nil {
			return err
		}
		now := s.Now()
		if _, err := tx.Exec(answerPutStmt, draftID, step, env, clock.Millis(now)); err != nil {
			return err
		}
		if step == "setting" && kindFor(a) != d.Kind {
			if _, err := tx.Exec(draftKindStmt, string(kindFor(a)), draftID); err != nil {
				return err
			}
		}
		return s.touch(tx, draftID, now)
	})
}

// ownDraft finds a draft of this author; to everyone else it does not exist.
//
// req: DRAFT-2
func (s *Service) ownDraft(tx *db.Tx, by Author, draftID string) (draftRow, error) {
	d, err := draftByID(tx, draftID)
	if err != nil {
		return d, err
	}
	actor := policy.Actor{User: by.User, Agency: by.Agency}
	if by.Agency == "" {
		actor.Agency = d.Agency
	}
	return d, s.Policy.Require(actor, "draft.write", draftObject(d))
}

func draftObject(d draftRow) policy.Object {
	return policy.Object{Type: "Draft", ID: d.ID, Attrs: map[string]any{"author": d.User, "agency": d.Agency}}
}

func (s *Service) touch(tx *db.Tx, draftID string, now time.Time) error {
	if _, err := tx.Exec(draftTouchStmt, clock.Millis(now), draftID); err != nil {
		return err
	}
	return jobs.Enqueue(tx, jobDraft, draftID, now.Add(DraftLife), draftID)
}

// Address chooses the service that a draft goes to.
func (s *Service) Address(ctx context.Context, by Author, draftID, serviceID string) error {
	return s.AddressBy(ctx, by, draftID, serviceID, ByAccount)
}

// AddressBy is Address with the way to a service that has no account here.
func (s *Service) AddressBy(ctx context.Context, by Author, draftID, serviceID string, w Way) error {
	return s.DB.Write(ctx, func(tx *db.Tx) error {
		if _, err := s.ownDraft(tx, by, draftID); err != nil {
			return err
		}
		if _, err := roundBound(tx, draftID); fault.KindOf(err) != fault.NotFound {
			if err != nil {
				return err
			}
			return fault.New(fault.Conflict, "enquiry.error.not-chosen") // req: ENQUIRY-5
		}
		_, err := tx.Exec(draftToStmt, serviceID, string(w), clock.Millis(s.Now()), draftID)
		return err
	})
}

// Load opens a draft. Errors: fault.NotFound for everyone but the author,
// fault.Unlock with a locked key.
func (s *Service) Load(ctx context.Context, v *web.Viewer, draftID string) (*Drafted, error) {
	out := &Drafted{}
	type sealed struct {
		name string
		env  []byte
	}
	var answers, files []sealed
	err := s.DB.Read(ctx, func(tx *db.Tx) error {
		answers, files = nil, nil
		d, err := draftByID(tx, draftID)
		if err != nil {
			return err
		}
		if err := s.Policy.Require(v.Actor(), "draft.read", draftObject(d)); err != nil {
			return err
		}
		out.draftRow = d
		collect := func(into *[]sealed) func(func(...any) error) error {
			return func(scan func(...any) error) error {
				var one sealed
				err := scan(&one.name, &one.env)
				*into = append(*into, one)
				return err
			}
		}
		if err := tx.Each(answersStmt, collect(&answers), draftID); err != nil {
			return err
		}
		return tx.Each(draftFilesStmt, collect(&files), draftID)
	})
	if err != nil {
		return nil, err
	}
	out.Answers = Answers{}
	for _, one := range answers {
		a, err := draft.Open(v.Key, one.env, answerPlace(draftID, one.name, v.UserID))
		if err != nil {
			return nil, err
		}
		out.Answers[one.name] = a
	}
	for _, one := range files {
		plain, err := v.Key.Open(one.env, vault.Binding{Field: sealDraftFile, Row: one.name, Scope: v.UserID})
		if err != nil {
			return nil, fault.Wrap(err, "open file", one.name)
		}
		var a Attachment
		if err := json.Unmarshal(plain, &a); err != nil {
			return nil, fault.Wrap(err, "read file", one.name)
		}
		a.ID = one.name
		out.Files = append(out.Files, a)
	}
	return out, nil
}

// Drafts lists the viewer's drafts, newest first; routing only.
func (s *Service) Drafts(ctx context.Context, v *web.Viewer) ([]DraftLine, error) {
	var out []DraftLine
	err := s.DB.Read(ctx, func(tx *db.Tx) error {
		out = nil
		return tx.Each(draftsStmt, func(scan func(...any) error) error {
			d, err := scanDraft(scan)
			out = append(out, DraftLine{ID: d.ID, Kind: d.Kind, ServiceID: d.Service, Touched: d.Touched, DeletedAt: d.Touched.Add(DraftLife)})
			return err
		}, v.UserID, v.AgencyID)
	})
	return out, err
}

// DraftLine is a draft in a list.
type DraftLine struct {
	ID        string
	Kind      Kind
	ServiceID string
	Touched   time.Time
	DeletedAt time.Time
}

// Discard deletes a draft and everything in it.
func (s *Service) Discard(ctx context.Context, by Author, draftID string) error {
	return s.DB.Write(ctx, func(tx *db.Tx) error {
		if _, err := s.ownDraft(tx, by, draftID); err != nil {
			return err
		}
		if err := jobs.Cancel(tx, jobDraft, draftID); err != nil {
			return err
		}
		if err := s.unbind(tx, by, draftID); err != nil {
			return err
		}
		return dropDraft(tx, draftID)
	})
}

// Attach adds a file to a draft; see Clean for what is taken.
func (s *Service) Attach(ctx context.Context, by Author, draftID, name string, raw []byte) error {
	a, err := CleanFile(name, raw)
	if err != nil {
		return err
	}
	return s.attach(ctx, by, draftID, a)
}

func (s *Service) attach(ctx context.Context, by Author, draftID string, a Attachment) error {
	fileID := id.New()
	plain, err := json.Marshal(a)
	if err != nil {
		return err
	}
	var key vault.PublicKey
	err = s.DB.Read(ctx, func(tx *db.Tx) (err error) {
		key, err = s.People.PublicKey(tx, by.User)
		return err
	})
	if err != nil {
		return err
	}
	env, err := vault.SealTo(key, plain, vault.Binding{Field: sealDraftFile, Row: fileID, Scope: by.User})
	if err != nil {
		return err
	}
	return s.DB.Write(ctx, func(tx *db.Tx) error {
		if _, err := s.ownDraft(tx, by, draftID); err != nil {
			return err
		}
		var n int
		if err := tx.Row(draftFileCountStmt, draftID).Scan(&n); err != nil {
			return err
		}
		if n >= MaxFiles {
			return fault.Fields(fault.Field{Name: "file", Key: "referral.error.files", Args: []any{"n", MaxFiles}})
		}
		now := s.Now()
		if _, err := tx.Exec(draftFilePutStmt, fileID, draftID, env, clock.Millis(now)); err != nil {
			return err
		}
		return s.touch(tx, draftID, now)
	})
}

// Detach removes a file from a draft.
func (s *Service) Detach(ctx context.Context, by Author, draftID, fileID string) error {
	return s.DB.Write(ctx, func(tx *db.Tx) error {
		if _, err := s.ownDraft(tx, by, draftID); err != nil {
			return err
		}
		if _, err := tx.Exec(draftFileDropStmt, draftID, fileID); err != nil {
			return err
		}
		return s.touch(tx, draftID, s.Now())
	})
}

// Answered lists the steps of a draft that have an answer, without opening it.
func (s *Service) Answered(ctx context.Context, by Author, draftID string) ([]string, Kind, error) {
	var steps []string
	var kind Kind
	err := s.DB.Read(ctx, func(tx *db.Tx) error {
		steps = nil
		d, err := s.ownDraft(tx, by, draftID)
		if err != nil {
			return err
		}
		kind = d.Kind
		return tx.Each(answerStepsStmt, func(scan func(...any) error) error {
			var step string
			err := scan(&step)
			steps = append(steps, step)
			return err
		}, draftID)
	})
	slices.Sort(steps)
	return steps, kind, err
}
