package db

import (
	"context"
	"database/sql"
	"fmt"
	"sort"
	"strings"
)

// Table is a table of this database as a backup sees it: column names and
// their declared types in order, and the tables that its rows point to.
type Table struct {
	Name    string
	Columns []string
	Types   []string // TEXT, BIGINT or BYTEA
	Key     []string // primary key columns
	refers  []string
}

// Tables lists the tables in an order in which their rows can be inserted:
// a table comes after those that it refers to.
func (t *Tx) Tables() ([]Table, error) {
	var all []Table
	var err error
	if t.tx != nil {
		all, err = t.postgresTables()
	} else {
		all, err = t.sqliteTables()
	}
	if err != nil {
		return nil, err
	}
	sort.Slice(all, func(i, j int) bool { return all[i].Name < all[j].Name })
	return inOrder(all), nil
}

func inOrder(all []Table) []Table {
	byName := map[string]Table{}
	for _, t := range all {
		byName[t.Name] = t
	}
	var out []Table
	seen := map[string]bool{}
	var visit func(t Table)
	visit = func(t Table) {
		if seen[t.Name] {
			return
		}
		seen[t.Name] = true
		for _, r := range t.refers {
			visit(byName[r])
		}
		out = append(out, t)
	}
	for _, t := range all {
		visit(t)
	}
	return out
}

func (t *Tx) sqliteTables() ([]Table, error) {
	names, err := t.column(`SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'`)
	if err != nil {
		return nil, err
	}
	var out []Table
	for _, name := range names {
		tab := Table{Name: name}
		err := t.each(`SELECT name, type, pk FROM pragma_table_info('`+name+`') ORDER BY cid`, func(rows *sql.Rows) error {
			var col, typ string
			var pk int
			if err := rows.Scan(&col, &typ, &pk); err != nil {
				return err
			}
			tab.Columns, tab.Types = append(tab.Columns, col), append(tab.Types, strings.ToUpper(typ))
			if pk > 0 {
				tab.Key = append(tab.Key, col)
			}
			return nil
		})
		if err != nil {
			return nil, err
		}
		if tab.refers, err = t.column(`SELECT DISTINCT "table" FROM pragma_foreign_key_list('` + name + `')`); err != nil {
			return nil, err
		}
		out = append(out, tab)
	}
	return out, nil
}

func (t *Tx) postgresTables() ([]Table, error) {
	tables := map[string]*Table{}
	var names []string
	err := t.each(`SELECT table_name, column_name, data_type FROM information_schema.columns
WHERE table_schema = current_schema() ORDER BY table_name, ordinal_position`, func(rows *sql.Rows) error {
		var table, col, typ string
		if err := rows.Scan(&table, &col, &typ); err != nil {
			return err
		}
		tab := tables[table]
		if tab == nil {
			tab = &Table{Name: table}
			tables[table], names = tab, append(names, table)
		}
		tab.Columns, tab.Types = append(tab.Columns, col), append(tab.Types, strings.ToUpper(typ))
		return nil
	})
	if err != nil {
		return nil, err
	}
	err = t.each(`SELECT c.relname, a.attname FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid
JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = ANY (k.conkey)
WHERE k.contype = 'p' AND n.nspname = current_schema() ORDER BY c.relname, a.attnum`, func(rows *sql.Rows) error {
		var table, col string
		if err := rows.Scan(&table, &col); err != nil {
			return err
		}
		if tab := tables[table]; tab != nil {
			tab.Key = append(tab.Key, col)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	err = t.each(`SELECT c.relname, f.relname FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid
JOIN pg_class f ON f.oid = k.confrelid JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE k.contype = 'f' AND n.nspname = current_schema()`, func(rows *sql.Rows) error {
		var table, to string
		if err := rows.Scan(&table, &to); err != nil {
			return err
		}
		if tab := tables[table]; tab != nil {
			tab.refers = append(tab.refers, to)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	var out []Table
	for _, n := range names {
		out = append(out, *tables[n])
	}
	return out, nil
}

// EachRow reads all rows of a table in the order of its key. Values are nil,
// string, int64 or []byte, by the declared type.
func (t *Tx) EachRow(tab Table, row func(values []any) error) error {
	q := "SELECT " + strings.Join(tab.Columns, ", ") + " FROM " + tab.Name
	if len(tab.Key) > 0 {
		q += " ORDER BY " + strings.Join(tab.Key, ", ")
	}
	return t.each(q, func(rows *sql.Rows) error {
		values := make([]any, len(tab.Columns))
		for i, typ := range tab.Types {
			switch typ {
			case "BYTEA":
				values[i] = new(sql.Null[[]byte]) // an empty value is not a missing one
			case "BIGINT":
				values[i] = new(sql.NullInt64)
			default:
				values[i] = new(sql.NullString)
			}
		}
		if err := rows.Scan(values...); err != nil {
			return fmt.Errorf("read %s: %w", tab.Name, err)
		}
		for i, v := range values {
			switch v := v.(type) {
			case *sql.Null[[]byte]:
				if values[i] = any(append([]byte{}, v.V...)); !v.Valid {
					values[i] = nil
				}
			case *sql.NullInt64:
				if values[i] = any(v.Int64); !v.Valid {
					values[i] = nil
				}
			case *sql.NullString:
				if values[i] = any(v.String); !v.Valid {
					values[i] = nil
				}
			}
		}
		return row(values)
	})
}

// Insert puts rows into a table as they are, for a restore.
func (t *Tx) Insert(tab Table, rows [][]any) error {
	if len(rows) == 0 {
		return nil
	}
	var q strings.Builder
	q.WriteString("INSERT INTO " + tab.Name + " (" + strings.Join(tab.Columns, ", ") + ") VALUES ")
	args := make([]any, 0, len(rows)*len(tab.Columns))
	for i, r := range rows {
		if i > 0 {
			q.WriteString(", ")
		}
		q.WriteByte('(')
		for j, v := range r {
			if j > 0 {
				q.WriteString(", ")
			}
			args = append(args, v)
			fmt.Fprintf(&q, "$%d", len(args))
		}
		q.WriteByte(')')
	}
	var err error
	if t.tx != nil {
		_, err = t.tx.ExecContext(t.ctx, q.String(), args...)
	} else {
		_, err = t.conn.ExecContext(t.ctx, q.String(), args...)
	}
	if err != nil {
		return fmt.Errorf("restore %s: %w", tab.Name, err)
	}
	return nil
}

func (t *Tx) each(q string, row func(*sql.Rows) error) error {
	var rows *sql.Rows
	var err error
	if t.tx != nil {
		rows, err = t.tx.QueryContext(t.ctx, q)
	} else {
		rows, err = t.conn.QueryContext(t.ctx, q)
	}
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		if err := row(rows); err != nil {
			return err
		}
	}
	return rows.Err()
}

func (t *Tx) column(q string) (out []string, err error) {
	err = t.each(q, func(rows *sql.Rows) error {
		var s string
		if err := rows.Scan(&s); err != nil {
			return err
		}
		out = append(out, s)
		return nil
	})
	return out, err
}

// MigrateTo applies exactly the listed migrations (package/file, see Applied),
// so that a backup finds the tables that it was taken from.
// Errors: the first listed migration that this program does not know.
func (d *DB) MigrateTo(ctx context.Context, listed map[string]bool, schemas ...Schema) error {
	known := map[string]bool{}
	for _, s := range schemas {
		names, err := s.names()
		if err != nil {
			return err
		}
		for _, n := range names {
			known[s.Package+"/"+n] = true
		}
	}
	for want := range listed {
		if !known[want] {
			return fmt.Errorf("migration %s is not known to this program: use the version that made the backup, or a newer one", want)
		}
	}
	return d.migrate(ctx, func(name string) bool { return listed[name] }, schemas)
}
