package casework

import (
	"slices"
	"strconv"

	"amelie/internal/db"
	"amelie/internal/fault"
	"amelie/internal/vault"
	"amelie/internal/web"
)

// The permanent logical names of what is sealed here. A room below seals under
// a name of its own, "casework.<room>.<field>".
const (
	sealHead  = "casework.head"
	sealKey   = "casework.key"   // a case's key, for its agency
	sealEpoch = "casework.epoch" // a part's key, under the case's key
	sealWrap  = "casework.wrap"  // a part's key, for an agency
	sealEntry = "casework.entry"
	sealChunk = "casework.chunk"
)

// Field is the place of something sealed in a case: the permanent name of what
// it is, and its row. The case is always the scope.
type Field struct{ Name, Row string }

func (f Field) in(caseID string) vault.Binding {
	return vault.Binding{Field: f.Name, Row: f.Row, Scope: caseID}
}

func decimal(n int64) string { return strconv.FormatInt(n, 10) }

func keyPlace(caseID string, gen int64) Field { return Field{sealKey, caseID + "/" + decimal(gen)} }

func epochPlace(part Part, epoch int64) Field {
	return Field{sealEpoch, string(part) + "/" + decimal(epoch)}
}

func wrapPlace(part Part, epoch int64, agency string) Field {
	return Field{sealWrap, string(part) + "/" + decimal(epoch) + "/" + agency}
}

func headPlace(caseID string) Field { return Field{sealHead, caseID} }

func entryPlace(id string, rev int64) Field { return Field{sealEntry, id + "/" + decimal(rev)} }

func chunkPlace(id string, n int) Field { return Field{sealChunk, id + "/" + decimal(int64(n))} }

// opener opens agency keys for a viewer, each once. It lives as long as a
// request.
//
// req: CASE-7
type opener struct {
	agencies Agencies
	v        *web.Viewer
	keys     map[string]*vault.PrivateKey
}

func (s *Service) opener(v *web.Viewer) *opener {
	return &opener{s.Agencies, v, map[string]*vault.PrivateKey{}}
}

func (o *opener) unwrap(tx *db.Tx, keyID string, env []byte, place vault.Binding) (*vault.DataKey, error) {
	k := o.keys[keyID]
	if k == nil {
		var err error
		if k, err = o.agencies.OpenKey(tx, o.v, keyID); err != nil {
			return nil, err
		}
		o.keys[keyID] = k
	}
	key, err := vault.UnwrapDataKey(k, env, place)
	return key, fault.Wrap(err, "open key", place.Row)
}

// Keys are the opened keys of one case, as far as one member may open them.
type Keys struct {
	caseID string
	gens   gens // the case's key; none in another agency's hands
	parts  map[Part]epochs
}

type (
	gens   = map[int64]*vault.DataKey
	epochs = map[int64]*vault.DataKey
)

// Can says whether an epoch of a part can be opened.
func (k *Keys) Can(part Part, epoch int64) bool { return k.parts[part][epoch] != nil }

// Open opens what was sealed under an epoch of a part.
// Errors: vault.ErrClosed.
func (k *Keys) Open(part Part, epoch int64, env []byte, place Field) ([]byte, error) {
	key := k.parts[part][epoch]
	if key == nil {
		return nil, vault.ErrClosed
	}
	return key.Open(env, place.in(k.caseID))
}

// openKeys opens the keys of a case for the asking member: through the case's
// key for its own agency, through wraps for another. Parts that the policy does
// not let her read stay closed even where a wrap lies there. One HPKE opening is
// enough for a case of the own agency whose key was never replaced.
func (s *Service) openKeys(tx *db.Tx, o *opener, a access, parts []Part) (*Keys, error) {
	k := &Keys{caseID: a.row.ID, gens: gens{}, parts: map[Part]epochs{}}
	if a.own {
		if err := k.openGens(tx, o); err != nil {
			return nil, err
		}
		if err := k.openEpochs(tx, parts); err != nil {
			return nil, err
		}
	}
	wraps, err := db.All(tx, wrapsOfStmt, scanOwnWrap, k.caseID, o.v.AgencyID)
	if err != nil {
		return nil, err
	}
	for _, w := range wraps {
		if !slices.Contains(parts, w.part) || k.Can(w.part, w.epoch) || !a.own && w.epoch < a.granted[w.part].From {
			continue
		}
		key, err := o.unwrap(tx, w.keyID, w.env, wrapPlace(w.part, w.epoch, o.v.AgencyID).in(k.caseID))
		if err != nil {
			return nil, err
		}
		k.put(w.part, w.epoch, key)
	}
	return k, nil
}

func (k *Keys) put(part Part, epoch int64, key *vault.DataKey) {
	if k.parts[part] == nil {
		k.parts[part] = epochs{}
	}
	k.parts[part][epoch] = key
}

func (k *Keys) openGens(tx *db.Tx, o *opener) error {
	list, err := db.All(tx, keysStmt, scanKey, k.caseID)
	if err != nil {
		return err
	}
	for _, g := range list {
		if k.gens[g.gen], err = o.unwrap(tx, g.keyID, g.env, keyPlace(k.caseID, g.gen).in(k.caseID)); err != nil {
			return err
		}
	}
	return nil
}

func (k *Keys) openEpochs(tx *db.Tx, parts []Part) error {
	list, err := db.All(tx, epochsStmt, scanEpoch, k.caseID)
	if err != nil {
		return err
	}
	for _, e := range list {
		if e.gen == 0 || !slices.Contains(parts, e.part) {
			continue // another agency made it: its wrap is opened instead
		}
		if k.gens[e.gen] == nil {
			return vault.ErrClosed
		}
		key, err := vault.OpenDataKey(k.gens[e.gen], e.env, epochPlace(e.part, e.epoch).in(k.caseID))
		if err != nil {
			return fault.Wrap(err, "open epoch", k.caseID, string(e.part))
		}
		k.put(e.part, e.epoch, key)
	}
	return nil
}

// Pen writes into parts of a case: it seals under the newest epoch of each, and
// has begun a new one where that was due. It is used outside of the transaction
// and spent in it.
type Pen struct {
	caseID string
	owner  string
	keys   *Keys
	gen    int64 // newest generation of the case's key; 0 in another agency's hands
	parts  map[Part]standing
	fresh  fresh
}

// fresh are keys that were made and not yet written.
type fresh struct {
	gen    []caseKey
	epochs []epochRow
	wraps  []wrapRow
}

// Seal closes something under the newest epoch of a part, and says which.
func (p *Pen) Seal(part Part, place Field, plain []byte) (epoch int64, env []byte, err error) {
	s, ok := p.parts[part]
	if !ok {
		return 0, nil, fault.New(fault.Internal, "")
	}
	key := p.keys.parts[part][s.epoch]
	if key == nil {
		return 0, nil, vault.ErrClosed
	}
	env, err = key.Seal(plain, place.in(p.caseID))
	return s.epoch, env, err
}

// Open opens what was sealed in one of the pen's parts.
func (p *Pen) Open(part Part, epoch int64, env []byte, place Field) ([]byte, error) {
	return p.keys.Open(part, epoch, env, place)
}

// head seals the header of a case under the newest generation of its key.
func (p *Pen) head(plain []byte) (gen int64, env []byte, err error) {
	env, err = p.keys.gens[p.gen].Seal(plain, headPlace(p.caseID).in(p.caseID))
	return p.gen, env, err
}

// prepare makes the keys that are due, in the hands of the case's own agency
// (own) or of another that may write. wrapped is the agency key that the newest
// generation of the case's key is closed for.
func (p *Pen) prepare(own bool, wrapped string, publics map[string]recipient) error {
	if own {
		owner, usable := publics[p.owner]
		if !usable {
			return fault.New(fault.Unavailable, "agency.error.no-key")
		}
		if err := p.prepareGen(wrapped, owner); err != nil {
			return err
		}
	}
	for _, part := range Parts { // in order, so that the same standing gives the same rows
		if _, writes := p.parts[part]; !writes {
			continue
		}
		if err := p.preparePart(part, own, publics); err != nil {
			return err
		}
	}
	return nil
}

// prepareGen makes a new case key when there is none, or when the agency has
// replaced the key that the newest is wrapped for.
func (p *Pen) prepareGen(wrapped string, owner recipient) error {
	if p.gen > 0 && wrapped == owner.keyID {
		return nil
	}
	p.gen++
	key := vault.NewDataKey()
	env, err := key.WrapTo(owner.key, keyPlace(p.caseID, p.gen).in(p.caseID))
	if err != nil {
		return err
	}
	p.keys.gens[p.gen] = key
	p.fresh.gen = append(p.fresh.gen, caseKey{p.gen, owner.keyID, env})
	return nil
}

// preparePart begins a new epoch where it is due, and wraps the newest for those
// readers who have no wrap of it yet.
//
// req: CASE-8
func (p *Pen) preparePart(part Part, own bool, publics map[string]recipient) error {
	s := p.parts[part]
	began := s.turn()
	if began {
		if err := p.begin(part, s.epoch+1, own); err != nil {
			return err
		}
	}
	readers := s.readers
	if !own { // who has no hold of the case's key wraps for its agency as for a reader
		readers = append(slices.Clone(readers), s.owner)
	}
	for _, r := range readers {
		to, usable := publics[r.agency]
		if !usable || !began && r.holds != "" {
			continue
		}
		epoch := p.parts[part].epoch
		env, err := p.keys.parts[part][epoch].WrapTo(to.key, wrapPlace(part, epoch, r.agency).in(p.caseID))
		if err != nil {
			return err
		}
		p.fresh.wraps = append(p.fresh.wraps, wrapRow{part, epoch, r.agency, to.keyID, env})
	}
	return nil
}

// begin makes the key of a new epoch; in the hands of the case's own agency it
// is closed under the case's key.
func (p *Pen) begin(part Part, epoch int64, own bool) error {
	key, row := vault.NewDataKey(), epochRow{part: part, epoch: epoch, env: []byte{}}
	if own {
		env, err := vault.SealDataKey(p.keys.gens[p.gen], key, epochPlace(part, epoch).in(p.caseID))
		if err != nil {
			return err
		}
		row.gen, row.env = p.gen, env
	}
	s := p.parts[part]
	s.epoch = epoch
	p.parts[part] = s
	p.keys.put(part, epoch, key)
	p.fresh.epochs = append(p.fresh.epochs, row)
	return nil
}
