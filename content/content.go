// Package content carries the reviewed files that ship with the program: the
// directory of real services, the vocabulary of concepts that search and
// filters share, and the packs that other rooms keep beside them.
//
// The idea: experts edit plain files, the program embeds them. A file says
// where its facts come from and how far they can be trusted. Nothing here is
// read again once the database has been seeded; after that the database is the
// truth and these files only propose.
//
// Stored: nothing. It must never hold a person's data or an invented body.
package content
