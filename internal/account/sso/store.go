package sso

import (
	"embed"
	"strings"
	"time"

	"amelie/internal/clock"
	"amelie/internal/db"
)

//go:embed schema/*.sql
var schemaFiles embed.FS

// Schema is what this package stores.
var Schema = db.Schema{Package: "sso", Files: schemaFiles}

const columns = `id, agency_id, label, issuer, client_id, client_secret, hosts, authority, scopes, domains, claim, claim_value, second, acr, amr, afresh, shown, entry, agreed_by, agreed, state, created, version`

var (
	insertProvider  = db.Statement(`INSERT INTO sso_provider (id, agency_id, label, issuer, client_id, client_secret, hosts, authority, scopes, domains, claim, claim_value, second, acr, amr, afresh, shown, entry, agreed_by, agreed, state, made_by, created, version) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, '', 0, 'off', $19, $20, 1) ON CONFLICT (id) DO NOTHING`)
	updateProvider  = db.Statement(`UPDATE sso_provider SET agency_id = $1, label = $2, issuer = $3, client_id = $4, client_secret = $5, hosts = $6, authority = $7, scopes = $8, domains = $9, claim = $10, claim_value = $11, second = $12, acr = $13, amr = $14, afresh = $15, shown = $16, entry = $17, agreed_by = $18, agreed = $19, version = version + 1 WHERE id = $20 AND version = $21`)
	providerStmt    = db.Statement(`SELECT ` + columns + ` FROM sso_provider WHERE id = $1`)
	providersStmt   = db.Statement(`SELECT ` + columns + ` FROM sso_provider ORDER BY label, id`)
	ofAgencyStmt    = db.Statement(`SELECT ` + columns + ` FROM sso_provider WHERE agency_id = $1 ORDER BY label, id`)
	switchProvider  = db.Statement(`UPDATE sso_provider SET state = $1, version = version + 1 WHERE id = $2`)
	agreeProvider   = db.Statement(`UPDATE sso_provider SET agreed_by = $1, agreed = $2, version = version + 1 WHERE id = $3`)
	deleteProvider  = db.Statement(`DELETE FROM sso_provider WHERE id = $1`)
	insertIdentity  = db.Statement(`INSERT INTO sso_identity (subject, provider_id, user_id, created, used) VALUES ($1, $2, $3, $4, $5) ON CONFLICT (subject) DO NOTHING`)
	identityStmt    = db.Statement(`SELECT provider_id, user_id FROM sso_identity WHERE subject = $1`)
	useIdentity     = db.Statement(`UPDATE sso_identity SET used = $1 WHERE subject = $2`)
	identitiesOf    = db.Statement(`SELECT i.subject, i.provider_id, p.label, i.created, i.used FROM sso_identity i JOIN sso_provider p ON p.id = i.provider_id WHERE i.user_id = $1 ORDER BY i.created, i.subject`)
	countIdentities = db.Statement(`SELECT COUNT(*) FROM sso_identity WHERE provider_id = $1`)
	countOfUser     = db.Statement(`SELECT COUNT(*) FROM sso_identity WHERE user_id = $1`)
	deleteIdentity  = db.Statement(`DELETE FROM sso_identity WHERE user_id = $1 AND provider_id = $2`)
	deleteOfUser    = db.Statement(`DELETE FROM sso_identity WHERE user_id = $1`)
	deleteOfOne     = db.Statement(`DELETE FROM sso_identity WHERE provider_id = $1`)
)

func scanProvider(scan func(...any) error) (Provider, error) {
	var p Provider
	var hosts, scopes, domains, acr, amr, state string
	var afresh, shown, agreed, created int64
	err := scan(&p.ID, &p.AgencyID, &p.Label, &p.Issuer, &p.ClientID, &p.secret, &hosts, &p.Authority, &scopes, &domains, &p.Claim, &p.ClaimValue,
		&p.Second, &acr, &amr, &afresh, &shown, &p.Entry, &p.AgreedBy, &agreed, &state, &created, &p.Version)
	p.Hosts, p.Scopes, p.Domains, p.ACR, p.AMR = strings.Fields(hosts), strings.Fields(scopes), strings.Fields(domains), strings.Fields(acr), strings.Fields(amr)
	p.Afresh, p.Shown, p.On = afresh == 1, shown == 1, state == "on"
	p.Agreed, p.Created = clock.Time(agreed), clock.Time(created)
	return p, err
}

func loadProvider(tx *db.Tx, id string) (p Provider, found bool, err error) {
	p, err = scanProvider(tx.Row(providerStmt, id).Scan)
	if db.NoRows(err) {
		return p, false, nil
	}
	return p, err == nil, err
}

func loadProviders(tx *db.Tx) ([]Provider, error) { return listProviders(tx, providersStmt) }

func loadOfAgency(tx *db.Tx, agencyID string) ([]Provider, error) {
	return listProviders(tx, ofAgencyStmt, agencyID)
}

func listProviders(tx *db.Tx, stmt *db.Stmt, args ...any) ([]Provider, error) {
	return db.All(tx, stmt, scanProvider, args...)
}

func writeProvider(tx *db.Tx, p Provider, by string, at time.Time) error {
	_, err := tx.Exec(insertProvider, p.ID, p.AgencyID, p.Label, p.Issuer, p.ClientID, secretOr(p.secret), join(p.Hosts), p.Authority, join(p.Scopes), join(p.Domains),
		p.Claim, p.ClaimValue, p.Second, join(p.ACR), join(p.AMR), db.Bit(p.Afresh), db.Bit(p.Shown), p.Entry, by, clock.Millis(at))
	return err
}

// changeProvider is false when somebody else changed it meanwhile.
func changeProvider(tx *db.Tx, p Provider) (bool, error) {
	var agreed int64
	if p.AgreedBy != "" {
		agreed = clock.Millis(p.Agreed)
	}
	n, err := tx.Exec(updateProvider, p.AgencyID, p.Label, p.Issuer, p.ClientID, secretOr(p.secret), join(p.Hosts), p.Authority, join(p.Scopes), join(p.Domains),
		p.Claim, p.ClaimValue, p.Second, join(p.ACR), join(p.AMR), db.Bit(p.Afresh), db.Bit(p.Shown), p.Entry, p.AgreedBy, agreed, p.ID, p.Version)
	return n == 1, err
}

func join(list []string) string { return strings.Join(list, " ") }

func secretOr(b []byte) []byte {
	if b == nil {
		return []byte{}
	}
	return b
}

// loadIdentity finds whose a subject is; found is false for nobody's.
func loadIdentity(tx *db.Tx, subject string) (providerID, userID string, found bool, err error) {
	err = tx.Row(identityStmt, subject).Scan(&providerID, &userID)
	if db.NoRows(err) {
		return "", "", false, nil
	}
	return providerID, userID, err == nil, err
}

// Linked is one link of a person as her own page shows it.
type Linked struct {
	ProviderID, Label string
	Created, Used     time.Time
}

func loadLinked(tx *db.Tx, userID string) (list []Linked, err error) {
	err = tx.Each(identitiesOf, func(scan func(...any) error) error {
		var l Linked
		var subject string
		var created, used int64
		err := scan(&subject, &l.ProviderID, &l.Label, &created, &used)
		l.Created, l.Used = clock.Time(created), clock.Time(used)
		list = append(list, l)
		return err
	}, userID)
	return list, err
}

var turnAllOff = db.Statement(`UPDATE sso_provider SET state = 'off', version = version + 1 WHERE state = 'on'`)

// EndAll turns every provider off: what a restore does, since a link that was
// cut after the backup is there again. An administrator looks at them and
// turns them on anew. // req: SSO-11
func EndAll(tx *db.Tx) error {
	_, err := tx.Exec(turnAllOff)
	return err
}
