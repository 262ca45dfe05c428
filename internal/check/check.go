// Package check holds tests about the code itself: which package may import
// which, that every package says its idea, that every SQL statement prepares
// on both engines, that a rule that protects a person is marked at its code
// and at its test, that every page fits its data, and that the repository
// names no foreign host where it must not. It has no code of its own and
// stores nothing.
package check
