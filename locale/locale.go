// Package locale holds the texts of the interface: one folder per language,
// one file per room (the package that shows the text). English is the source.
// Texts of the course, the directory and for patients live in content/.
package locale
