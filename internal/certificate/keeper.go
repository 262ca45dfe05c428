package certificate

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/crypto/acme"

	"amelie/internal/audit"
	"amelie/internal/clock"
	"amelie/internal/db"
	"amelie/internal/id"
	"amelie/internal/vault"
)

// Keeper keeps the certificate of one installation.
type Keeper struct {
	cfg    Config
	db     *db.DB
	secret *vault.ServerSecret
	now    clock.Clock
	log    *slog.Logger
	me     string // this instance, for the lease

	one     sync.Mutex // one round at a time
	current atomic.Pointer[tls.Certificate]
	retry   func(n int, r *http.Request, resp *http.Response) time.Duration // of the protocol's requests; nil: as the library does
}

// New makes a keeper. cfg must have passed Check.
func New(d *db.DB, secret *vault.ServerSecret, cfg Config, now clock.Clock, log *slog.Logger) *Keeper {
	return &Keeper{cfg: cfg, db: d, secret: secret, now: now, log: log, me: id.New()}
}

// errNone is what a browser's handshake ends with before the first order.
var errNone = errors.New("there is no certificate yet")

// Get answers a handshake: a challenge of the ACME server, or a visitor.
func (k *Keeper) Get(hello *tls.ClientHelloInfo) (*tls.Certificate, error) {
	if slices.Equal(hello.SupportedProtos, []string{acme.ALPNProto}) {
		return k.challenge(hello.Context(), strings.ToLower(strings.TrimSuffix(hello.ServerName, ".")))
	}
	if c := k.current.Load(); c != nil {
		return c, nil
	}
	return nil, errNone
}

func (k *Keeper) challenge(ctx context.Context, host string) (cert *tls.Certificate, err error) {
	err = k.db.Read(ctx, func(tx *db.Tx) error {
		plain, err := loadItem(tx, k.secret, alpnItem(host))
		if err == nil && plain == nil {
			err = errNone
		}
		if err == nil {
			cert, err = parse(plain)
		}
		return err
	})
	return cert, err
}

// Handler answers challenges by HTTP, and sends everybody else to the site.
func (k *Keeper) Handler(site string) http.Handler {
	const prefix = "/.well-known/acme-challenge/"
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		token, ok := strings.CutPrefix(r.URL.Path, prefix)
		if !ok {
			if r.Method != http.MethodGet && r.Method != http.MethodHead {
				http.Error(w, "this site is reached by https", http.StatusBadRequest)
				return
			}
			http.Redirect(w, r, site+r.URL.RequestURI(), http.StatusMovedPermanently)
			return
		}
		var answer []byte
		err := k.db.Read(r.Context(), func(tx *db.Tx) (err error) { answer, err = loadItem(tx, k.secret, tokenItem(token)); return err })
		if err != nil || answer == nil || len(token) > 200 {
			http.NotFound(w, r)
			return
		}
		w.Header().Set("Content-Type", "text/plain")
		w.Write(answer)
	})
}

// Run looks every minute until ctx ends.
func (k *Keeper) Run(ctx context.Context) {
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	for {
		if err := k.Round(ctx); err != nil && ctx.Err() == nil {
			k.log.Error("certificate", "err", err.Error())
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// Round takes up what another instance has got, and orders when it is due.
// A failed order is remembered and is an error; the certificate in use stays.
func (k *Keeper) Round(ctx context.Context) error {
	k.one.Lock()
	defer k.one.Unlock()
	if err := k.refresh(ctx); err != nil {
		return err
	}
	mine, err := k.take(ctx)
	if err != nil || !mine {
		return err
	}
	work, cancel := context.WithTimeout(ctx, orderTime)
	defer cancel()
	text, err := k.order(work)
	if err == nil {
		err = k.keep(ctx, text)
	}
	if ctx.Err() != nil && err != nil { // the program ends: nobody failed
		return errors.Join(err, k.release(context.WithoutCancel(ctx)))
	}
	if err != nil {
		return errors.Join(err, k.failed(context.WithoutCancel(ctx), err))
	}
	k.log.Info("certificate", "until", k.current.Load().Leaf.NotAfter)
	return nil
}

// refresh takes the stored certificate into use.
func (k *Keeper) refresh(ctx context.Context) error {
	var cert *tls.Certificate
	err := k.db.Read(ctx, func(tx *db.Tx) error {
		plain, err := loadItem(tx, k.secret, currentItem)
		if err != nil || plain == nil {
			cert = nil
			return err
		}
		cert, err = parse(plain)
		return err
	})
	if errors.Is(err, vault.ErrClosed) {
		return nil // sealed under another server's secret: order anew
	}
	if err == nil && cert != nil {
		k.current.Store(cert)
	}
	return err
}

// take says whether an order is due and this instance is the one to make it.
func (k *Keeper) take(ctx context.Context) (mine bool, err error) {
	now := k.now()
	err = k.db.Write(ctx, func(tx *db.Tx) error {
		mine = false
		s, _, err := loadState(tx)
		if err != nil || now.Before(due(k.current.Load(), k.cfg.Hosts, s, now)) || !s.free(k.me, now) {
			return err
		}
		mine, s.holder, s.held = true, k.me, now
		return saveState(tx, s)
	})
	return mine, err
}

// keep checks what the server gave and takes it into use.
func (k *Keeper) keep(ctx context.Context, text []byte) error {
	cert, err := parse(text)
	if err != nil || !covers(cert, k.cfg.Hosts) || !k.now().Before(cert.Leaf.NotAfter) {
		return &Error{Code: Answer, err: fmt.Errorf("the certificate does not fit the site: %w", errors.Join(err, errNone))}
	}
	sealed, err := k.secret.Seal(text, binding(currentItem))
	if err != nil {
		return err
	}
	now := k.now()
	err = k.db.Write(ctx, func(tx *db.Tx) error {
		if err := saveItem(tx, currentItem, sealed, time.Time{}); err != nil {
			return err
		}
		if _, err := tx.Exec(oldItems, clock.Millis(now)); err != nil {
			return err
		}
		if err := saveState(tx, state{tried: now}); err != nil {
			return err
		}
		return audit.Record(tx, audit.Event{At: now, Action: "certificate.renewed", Object: "certificate/site"})
	})
	if err != nil {
		return &Error{Code: Storage, err: err}
	}
	k.current.Store(cert)
	return nil
}

// release lets another instance, or this one after a restart, order at once.
func (k *Keeper) release(ctx context.Context) error {
	return k.db.Write(ctx, func(tx *db.Tx) error {
		s, _, err := loadState(tx)
		if err != nil || s.holder != k.me {
			return err
		}
		s.holder, s.held = "", time.Time{}
		return saveState(tx, s)
	})
}

// failed remembers what went wrong, and when to try again.
func (k *Keeper) failed(ctx context.Context, why error) error {
	now := k.now()
	e := troubleOf(why)
	return k.db.Write(ctx, func(tx *db.Tx) error {
		s, _, err := loadState(tx)
		if err != nil {
			return err
		}
		s = state{tried: now, fails: s.fails + 1, trouble: e.Code, detail: e.Detail}
		if e.Again > 0 {
			s.again = now.Add(e.Again)
		}
		return saveState(tx, s)
	})
}

// Status is how things stand, for the health page.
func (k *Keeper) Status(ctx context.Context) (Status, error) {
	s, _, err := Read(ctx, k.db, k.secret, k.now())
	s.Hosts = k.cfg.Hosts
	return s, err
}

// Read is Status without a keeper, for the doctor; found is false where no
// certificate was ever ordered.
func Read(ctx context.Context, d *db.DB, secret *vault.ServerSecret, now time.Time) (out Status, found bool, err error) {
	err = d.Read(ctx, func(tx *db.Tx) error {
		out = Status{}
		s, ok, err := loadState(tx)
		if found = ok; err != nil || !ok {
			return err
		}
		out.Fails, out.Tried, out.Trouble, out.Detail = s.fails, s.tried, s.trouble, s.detail
		plain, err := loadItem(tx, secret, currentItem)
		if err != nil || plain == nil {
			return err
		}
		cert, err := parse(plain)
		if err != nil {
			return err
		}
		out.Hosts, out.Until = cert.Leaf.DNSNames, cert.Leaf.NotAfter
		out.Renews = due(cert, cert.Leaf.DNSNames, s, now)
		return nil
	})
	return out, found, err
}

// parse reads a key and a chain, one PEM after the other.
func parse(text []byte) (*tls.Certificate, error) {
	cert, err := tls.X509KeyPair(text, text)
	if err != nil {
		return nil, err
	}
	if cert.Leaf == nil {
		cert.Leaf, err = x509.ParseCertificate(cert.Certificate[0])
	}
	return &cert, err
}

// encode is what parse reads.
func encode(key *ecdsa.PrivateKey, chain [][]byte) ([]byte, error) {
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	if err := pem.Encode(&b, &pem.Block{Type: "PRIVATE KEY", Bytes: der}); err != nil {
		return nil, err
	}
	for _, c := range chain {
		if err := pem.Encode(&b, &pem.Block{Type: "CERTIFICATE", Bytes: c}); err != nil {
			return nil, err
		}
	}
	return b.Bytes(), nil
}
