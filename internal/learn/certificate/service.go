package certificate

import (
	"context"
	_ "embed"
	"time"

	"github.com/google/uuid"

	"amelie/internal/audit"
	"amelie/internal/clock"
	"amelie/internal/credential"
	"amelie/internal/db"
	"amelie/internal/fault"
	"amelie/internal/id"
	"amelie/internal/learn"
	"amelie/internal/mail"
	"amelie/internal/policy"
)

//go:embed policy.cedar
var policyText string

// Policy is who may do what with certificates.
var Policy = policy.Source{Name: "certificate", Text: policyText}

// Config is what the service is made of.
type Config struct {
	DB      *db.DB
	Policy  *policy.Engine
	Key     *credential.Key
	Texts   Texts
	Now     clock.Clock
	Course  func() *learn.Course
	BaseURL string        // of the installation: certificates bear it
	Issuer  func() string // who gives them, as people know it
	Neutral func() string // the name that mail may bear
	// Passed is what a learner passed last; false: nothing yet.
	Passed func(tx *db.Tx, learner string) (Pass, bool, error)
}

// Service makes certificates and keeps them.
type Service struct{ Config }

// Open makes the service and adds its key to those that are published, so that
// what was signed with an earlier one is still known. The policy engine must
// hold this package's Policy.
func Open(ctx context.Context, cfg Config) (*Service, error) {
	s := &Service{cfg}
	return s, s.DB.Write(ctx, func(tx *db.Tx) error {
		_, err := tx.Exec(keyStmt, s.Key.Name(), clock.Millis(s.Now()))
		return err
	})
}

// own asks whether the learner may do something with what is of a learner.
//
// req: CERTIFICATE-2
func (s *Service) own(learner, action, whose string) error {
	return s.Policy.Require(policy.Actor{User: learner}, action, policy.Object{Type: "Certificate", ID: whose, Attrs: map[string]any{"learner": whose}})
}

// perWrite is how many certificates one transaction takes: few enough that
// nobody waits long behind it.
const perWrite = 250

// Take makes the certificate of what the learner passed, or gives the one that
// was made. Errors: fault.Conflict when nothing was passed; field faults.
func (s *Service) Take(ctx context.Context, learner string, w Wish) (Issued, error) {
	if err := s.own(learner, "certificate.take", learner); err != nil {
		return Issued{}, err
	}
	var pass Pass
	err := s.DB.Read(ctx, func(tx *db.Tx) (err error) {
		passed := false
		pass, passed, err = s.Passed(tx, learner)
		if err == nil && !passed {
			err = fault.New(fault.Conflict, "certificate.fault.pass")
		}
		return err
	})
	if err != nil {
		return Issued{}, err
	}
	return db.First(s.Give(ctx, []Award{{pass, w}}))
}

// Give makes certificates, many in one run: each is signed outside the
// transaction and written once, and only what is new is mailed. A run that
// broke off is run again as a whole. Errors: the first wish that cannot be
// fulfilled, before anything is written.
//
// req: CERTIFICATE-1
func (s *Service) Give(ctx context.Context, awards []Award) ([]Issued, error) {
	for i := range awards {
		awards[i].Holder = credential.Clean(awards[i].Holder)
		if err := awards[i].Wish.check(); err != nil {
			return nil, err
		}
	}
	var out []Issued
	for len(awards) > 0 {
		some := awards[:min(perWrite, len(awards))]
		awards = awards[len(some):]
		list, err := s.give(ctx, some)
		if err != nil {
			return out, err
		}
		out = append(out, list...)
	}
	return out, nil
}

func (s *Service) give(ctx context.Context, awards []Award) ([]Issued, error) {
	made := make([]Issued, len(awards))
	for i, a := range awards {
		var err error
		if made[i], err = s.sign(a); err != nil {
			return nil, err
		}
	}
	out := make([]Issued, len(awards))
	return out, s.DB.Write(ctx, func(tx *db.Tx) error {
		for i, a := range awards {
			var err error
			if out[i], err = s.keep(tx, a, made[i]); err != nil {
				return err
			}
		}
		return nil
	})
}

// sign makes the file of an award.
func (s *Service) sign(a Award) (Issued, error) {
	random, err := uuid.NewRandom()
	if err != nil {
		return Issued{}, err
	}
	now := s.Now()
	i := Issued{ID: random.String(), Learner: a.Learner, Address: id.Secret(16), At: now}
	i.File, err = s.Key.Sign(credential.Credential{ID: "urn:uuid:" + i.ID, Issuer: credential.Clean(s.Issuer()), Address: s.BaseURL, Holder: a.Holder,
		From: a.At.Truncate(time.Second), Achievement: achievement(s.Course(), s.Texts, s.BaseURL, a.Lang, a.Revision)}, now)
	return i, err
}

// keep writes a certificate down, or finds the one that was made for the same
// pass.
func (s *Service) keep(tx *db.Tx, a Award, made Issued) (Issued, error) {
	course := s.Course().ID
	fresh, err := insert(tx, made, course, a.Revision)
	if err != nil {
		return made, err
	}
	if !fresh {
		return db.First(load(tx, onceStmt, a.Learner, course, a.Revision))
	}
	if err := s.record(tx, a.Learner, "certificate.made", made.ID); err != nil || a.Email == "" {
		return made, err
	}
	return made, mail.Queue(tx, mail.Message{To: a.Email, Subject: s.Texts.T(a.Lang, "certificate.mail.subject", "name", s.Neutral()),
		Text: s.Texts.T(a.Lang, "certificate.mail.text", "name", s.Neutral(), "link", s.BaseURL+"/"+a.Lang+made.Path())})
}

func (s *Service) record(tx *db.Tx, learner, action, certificate string) error {
	return audit.Record(tx, audit.Event{At: s.Now(), Actor: "learner/" + learner, Action: action, Object: "certificate/" + certificate})
}

// Of are a learner's certificates, newest first.
func (s *Service) Of(ctx context.Context, learner string) (list []Issued, err error) {
	if err := s.own(learner, "certificate.take", learner); err != nil {
		return nil, err
	}
	err = s.DB.Read(ctx, func(tx *db.Tx) (err error) {
		list, err = load(tx, ofStmt, learner)
		return err
	})
	return list, err
}

// Waits says whether a learner passed something that has no certificate yet.
func (s *Service) Waits(ctx context.Context, learner string) (waits bool, err error) {
	err = s.DB.Read(ctx, func(tx *db.Tx) error {
		pass, passed, err := s.Passed(tx, learner)
		if err != nil || !passed {
			return err
		}
		made, err := load(tx, onceStmt, learner, s.Course().ID, pass.Revision)
		waits = len(made) == 0
		return err
	})
	return waits, err
}

// Delete deletes a learner's certificate here; what was downloaded stays valid.
func (s *Service) Delete(ctx context.Context, learner, certificate string) error {
	if err := s.own(learner, "certificate.take", learner); err != nil {
		return err
	}
	return s.DB.Write(ctx, func(tx *db.Tx) error {
		n, err := tx.Exec(deleteStmt, learner, certificate)
		if err != nil || n == 0 {
			return err // pressed twice
		}
		return s.record(tx, learner, "certificate.deleted", certificate)
	})
}

// Forget deletes what is kept of a learner, in the transaction that forgets it.
func Forget(tx *db.Tx, learner string) error {
	_, err := tx.Exec(forgetStmt, learner)
	return err
}

var errNotFound = fault.New(fault.NotFound, "web.error.not-found")

// byAddress is the certificate of a page. Errors: fault.NotFound.
func (s *Service) byAddress(ctx context.Context, address string) (i Issued, err error) {
	err = s.DB.Read(ctx, func(tx *db.Tx) (err error) {
		i, err = db.First(load(tx, byAddressStmt, address))
		return err
	})
	return i, err
}

// byCode is the certificate of a paper's code: number and digest must both fit.
// Errors: fault.NotFound.
func (s *Service) byCode(ctx context.Context, number, digest string) (i Issued, err error) {
	err = s.DB.Read(ctx, func(tx *db.Tx) (err error) {
		i, err = db.First(load(tx, byIDStmt, number))
		return err
	})
	if err == nil && i.digest() != digest {
		err = errNotFound
	}
	return i, err
}

// PublicKey is a key that certificates were signed with.
type PublicKey struct {
	Name  string // did:key:…
	Since time.Time
}

// Keys are all that were ever signed with, the newest first.
func (s *Service) Keys(ctx context.Context) (list []PublicKey, err error) {
	err = s.DB.Read(ctx, func(tx *db.Tx) error {
		list = nil
		return tx.Each(keysStmt, func(scan func(...any) error) error {
			var k PublicKey
			var since int64
			err := scan(&k.Name, &since)
			k.Since = clock.Time(since)
			list = append(list, k)
			return err
		})
	})
	return list, err
}
