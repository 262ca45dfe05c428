package main

import (
	"database/sql"
	"encoding/binary"
	"fmt"
	"math"

	_ "modernc.org/sqlite"
)

// province is one area of the source.
type province struct {
	country, name string
	rings         []ring // outer rings clockwise, holes the other way round, as the source has them
}

// The part of the world that the maps show, in degrees.
const west, east, south, north = -16.0, 40.0, 29.0, 63.0

// readProvinces reads the areas that touch the maps. A GeoPackage is an SQLite
// database (OGC 12-128r18).
func readProvinces(file string) ([]province, error) {
	db, err := sql.Open("sqlite", "file:"+file+"?mode=ro")
	if err != nil {
		return nil, err
	}
	defer db.Close()
	rows, err := db.Query("SELECT coalesce(iso_a2, ''), coalesce(name, ''), geom FROM states_provinces ORDER BY fid")
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var out []province
	for rows.Next() {
		var p province
		var geometry []byte
		if err := rows.Scan(&p.country, &p.name, &geometry); err != nil {
			return nil, err
		}
		if p.rings, err = readGeometry(geometry); err != nil {
			return nil, fmt.Errorf("%s %s: %w", p.country, p.name, err)
		}
		if len(p.rings) > 0 {
			out = append(out, p)
		}
	}
	return out, rows.Err()
}

// readGeometry reads a geometry of a GeoPackage: a header of its own, then a
// multipolygon in well-known binary (OGC 06-103r4). Rings far from the maps
// are left out.
func readGeometry(b []byte) ([]ring, error) {
	if len(b) < 8 || string(b[:2]) != "GP" {
		return nil, fmt.Errorf("no geometry")
	}
	envelope := map[byte]int{0: 0, 1: 32, 2: 48, 3: 48, 4: 64}
	r := &wkb{b: b[8+envelope[b[3]>>1&7]:]}
	r.multipolygon()
	return r.rings, r.err
}

type wkb struct {
	b     []byte
	rings []ring
	err   error
}

func (r *wkb) uint() int {
	if len(r.b) < 4 {
		r.err = fmt.Errorf("geometry ends early")
		return 0
	}
	n := binary.LittleEndian.Uint32(r.b)
	r.b = r.b[4:]
	return int(n)
}

func (r *wkb) head(kind int) {
	if len(r.b) < 5 || r.b[0] != 1 {
		r.err = fmt.Errorf("not little endian")
		return
	}
	r.b = r.b[1:]
	if k := r.uint(); k != kind {
		r.err = fmt.Errorf("geometry of kind %d", k)
	}
}

func (r *wkb) multipolygon() {
	r.head(6)
	for range r.uint() {
		r.head(3)
		for range r.uint() {
			if r.err != nil {
				return
			}
			r.ring()
		}
	}
}

func (r *wkb) ring() {
	n := r.uint()
	if len(r.b) < 16*n {
		r.err = fmt.Errorf("geometry ends early")
		return
	}
	var out ring
	inside := false
	for i := range n {
		lon := math.Float64frombits(binary.LittleEndian.Uint64(r.b[16*i:]))
		lat := math.Float64frombits(binary.LittleEndian.Uint64(r.b[16*i+8:]))
		inside = inside || lon > west && lon < east && lat > south && lat < north
		p := point{int(math.Round(lon * perDegree)), int(math.Round(lat * perDegree))}
		if len(out) == 0 || out[len(out)-1] != p {
			out = append(out, p)
		}
	}
	r.b = r.b[16*n:]
	if len(out) > 1 && out[0] == out[len(out)-1] {
		out = out[:len(out)-1]
	}
	if inside && len(out) >= 3 {
		r.rings = append(r.rings, out)
	}
}
