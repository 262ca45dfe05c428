// Cuts the two upright variable faces into the files that the shell serves.
// Run where the npm packages subset-font, @fontsource-variable/source-sans-3
// and @fontsource-variable/source-serif-4 are installed: node build.mjs OUT
//
// The licence (OFL.txt) reserves the name of the originals for unmodified
// fonts, so each file gets a name of its own in its name table.
import subsetFont from 'subset-font';
import fontverter from 'fontverter';
import fs from 'node:fs';

const out = process.argv[2];
const base = process.argv[3] || 'node_modules/@fontsource-variable';
const sans = s => `${base}/source-sans-3/files/source-sans-3-${s}-wght-normal.woff2`;
const serif = s => `${base}/source-serif-4/files/source-serif-4-${s}-wght-normal.woff2`;
const range = (a, b) => { let s = ''; for (let i = a; i <= b; i++) s += String.fromCodePoint(i); return s; };
// Everything English needs, and what every other language needs beside its own letters.
const core = range(0x20, 0x7e) + '\u00a0\u00ab\u00b7\u00bb\u2009\u2011\u2013\u2014\u2018\u2019\u201a\u201c\u201d\u201e\u2026\u202f\u2039\u203a\u20ac';
const accent = range(0xa1, 0xff).replace(/[\u00ab\u00b7\u00bb\u00ad]/g, '') + '\u0131\u0152\u0153\u0178\u2020\u2022\u2212';
const extended = '\u0102\u0103\u0104\u0105\u0106\u0107\u010c\u010d\u010e\u010f\u0110\u0111\u0112\u0113\u0116\u0117\u0118\u0119\u011a\u011b\u011e\u011f\u0122\u0123\u012a\u012b\u012e\u012f\u0130\u0131\u0136\u0137\u0139\u013a\u013b\u013c\u013d\u013e\u0141\u0142\u0143\u0144\u0145\u0146\u0147\u0148\u0150\u0151\u0154\u0155\u0158\u0159\u015a\u015b\u015e\u015f\u0160\u0161\u0164\u0165\u016a\u016b\u016e\u016f\u0170\u0171\u0172\u0173\u0179\u017a\u017b\u017c\u017d\u017e\u0218\u0219\u021a\u021b';
const greek = range(0x384, 0x3ce).replace('\u0387', '');
const cyrillic = range(0x400, 0x45f) + '\u0490\u0491';

const notice = 'Cut from a font that is Copyright 2010-2024 Adobe. SIL Open Font License 1.1, see OFL.txt.';
const utf16 = s => { const b = Buffer.alloc(s.length * 2); for (let i = 0; i < s.length; i++) b.writeUInt16BE(s.charCodeAt(i), i * 2); return b; };
const nameTable = family => {
  const entries = [[0, notice], [1, family], [2, 'Regular'], [3, family + ' cut'], [4, family], [6, family.replaceAll(' ', '')]];
  const head = Buffer.alloc(6 + 12 * entries.length), strings = [];
  head.writeUInt16BE(entries.length, 2); head.writeUInt16BE(head.length, 4);
  let at = 0;
  entries.forEach(([id, value], i) => {
    const b = utf16(value);
    [3, 1, 0x409, id, b.length, at].forEach((v, j) => head.writeUInt16BE(v, 6 + 12 * i + 2 * j));
    strings.push(b); at += b.length;
  });
  return Buffer.concat([head, ...strings]);
};
// rename rebuilds the table directory with a new name table; checksums of the
// file are recomputed by the woff2 encoder's readers and not needed here.
const rename = (sfnt, family) => {
  const count = sfnt.readUInt16BE(4), tables = [];
  for (let i = 0; i < count; i++) {
    const at = 12 + 16 * i, tag = sfnt.toString('latin1', at, at + 4);
    const start = sfnt.readUInt32BE(at + 8), size = sfnt.readUInt32BE(at + 12);
    tables.push([tag, tag === 'name' ? nameTable(family) : sfnt.subarray(start, start + size)]);
  }
  const head = Buffer.from(sfnt.subarray(0, 12 + 16 * count)), parts = [head];
  let at = head.length;
  tables.forEach(([tag, data], i) => {
    const padded = Buffer.concat([data, Buffer.alloc((4 - data.length % 4) % 4)]);
    let sum = 0; for (let k = 0; k < padded.length; k += 4) sum = (sum + padded.readUInt32BE(k)) >>> 0;
    head.write(tag, 12 + 16 * i, 'latin1'); head.writeUInt32BE(sum, 16 + 16 * i);
    head.writeUInt32BE(at, 20 + 16 * i); head.writeUInt32BE(data.length, 24 + 16 * i);
    parts.push(padded); at += padded.length;
  });
  return Buffer.concat(parts);
};
const cut = async (name, file, text, wght, keepFeatures) => {
  const sfnt = await subsetFont(fs.readFileSync(file), text, { targetFormat: 'truetype', variationAxes: { wght }, noHinting: true, keepFeatures });
  const family = name.startsWith('sans') ? 'Amelie Text' : 'Amelie Display';
  const woff2 = await fontverter.convert(rename(Buffer.from(sfnt), family), 'woff2');
  fs.writeFileSync(`${out}/${name}.woff2`, woff2);
  console.log(name, woff2.length);
};
// Greek letters with tonos are ready-made and its figures are those of the core.
const greekText = ['kern', 'locl'];
const text = ['kern', 'mark', 'mkmk', 'ccmp', 'locl', 'tnum'], display = ['kern', 'mark', 'ccmp', 'locl'];
const w = { min: 400, max: 650 };
await cut('sans-core', sans('latin'), core, w, text);
await cut('sans-accent', sans('latin'), accent, w, text);
await cut('sans-extended', sans('latin-ext'), extended, w, text);
await cut('sans-greek', sans('greek'), greek, w, greekText);
await cut('sans-cyrillic', sans('cyrillic'), cyrillic, w, text);
await cut('serif-core', serif('latin'), core, 570, display);
await cut('serif-accent', serif('latin'), accent, 570, display);
await cut('serif-greek', serif('greek'), greek, 570, greekText);
// The faces of internal/paper, which sets PDF files: one file for all scripts,
// from the static fonts of the npm package source-sans, packed as a PDF holds it.
import zlib from 'node:zlib';
for (const [name, face] of [['text', 'Regular'], ['bold', 'Semibold']]) {
  const file = fs.readFileSync(`${base}/../source-sans/TTF/SourceSans3-${face}.ttf`);
  const sfnt = await subsetFont(file, core + accent + extended + greek + cyrillic, { targetFormat: 'truetype', noHinting: true, keepFeatures: [] });
  fs.writeFileSync(`${out}/${name}.ttf.z`, zlib.deflateSync(rename(Buffer.from(sfnt), 'Amelie Text'), { level: 9 }));
}
