// Package recall brings a course back to those who finished it: one month, three
// and six months later, five questions or so, for three minutes.
//
// The idea: what was learnt in a week is half forgotten in half a year. What is
// asked is what this learner is likely to have forgotten by that day: what was
// answered wrongly or without being sure, and what was changed in substance
// since. How likely is reckoned from the answers that package study keeps, by
// FSRS, a published model of forgetting. Whoever asks for it is told of the day
// by a mail that says nothing, or by three entries in an own calendar.
//
// Stored: for each learner who asked, the day it counts from, which time comes
// next and when, and if there is one the mailbox, sealed. The questions that are
// laid before a learner, and the answers, are an attempt of package study. The
// row is deleted when the last of the three was sent, at one press before that,
// and when the learner is forgotten; the mailbox goes with it.
//
// It must never write twice for one day, never say in a mail or a calendar what
// it is about, never do anything when a link is opened, and never open a
// learner's pages by a link.
package recall

import (
	"time"

	"amelie/internal/learn"
	"amelie/internal/learn/study"
)

// How much comes back.
const (
	least    = 4   // questions, as far as there are so many
	most     = 6   // and never more
	renewed  = 3   // of these at most for having been changed
	retained = 0.9 // what is remembered so well is left out beyond the least
)

// after is when it comes back, in months after the course was finished.
var after = []int{1, 3, 6}

// hour of the day at which it comes back, in the installation's zone.
const hour = 9

// Plan is what a learner asked for.
type Plan struct {
	Learner string
	Since   time.Time // the course was finished then
	Round   int       // the time that comes next, from 1
	Due     time.Time
	Lang    string // of mail
	mailbox []byte // sealed; none: the learner comes without being told
	link    string // fingerprint of the secret in the mail's link
}

// Mailed says whether a mail tells of the day.
func (p Plan) Mailed() bool { return len(p.mailbox) > 0 }

// Days are those on which it comes back, for a course that was finished then: the
// same day of the month, and the month's last day where there is no such day.
func Days(since time.Time, zone *time.Location) (out []time.Time) {
	at := since.In(zone)
	for _, n := range after {
		first := time.Date(at.Year(), at.Month()+time.Month(n), 1, hour, 0, 0, 0, zone)
		last := first.AddDate(0, 1, -1).Day()
		out = append(out, first.AddDate(0, 0, min(at.Day(), last)-1))
	}
	return out
}

// plan is the first plan of somebody who asks now. Days that are over are left
// out; when all are, it counts from now.
func plan(finished, now time.Time, zone *time.Location) Plan {
	p, more := Plan{Since: finished}.next(now, zone)
	if !more {
		p, _ = Plan{Since: now}.next(now, zone)
	}
	return p
}

// next is the plan with the first of its days that is still to come; more is
// false when none is.
func (p Plan) next(now time.Time, zone *time.Location) (_ Plan, more bool) {
	for i, day := range Days(p.Since, zone) {
		if i >= p.Round && day.After(now) {
			p.Round, p.Due = i+1, day
			return p, true
		}
	}
	return p, false
}

// Restamped are the questions that a learner answered in other words than they
// bear now: what is known of changes where nobody tells which are of substance.
func Restamped(course *learn.Course, reviews []study.Review) (out []learn.Change) {
	for _, r := range reviews {
		if t, q, ok := find(course, r.Drawn); ok && r.Stamp != "" && r.Stamp != course.Stamp(t, q) {
			out = append(out, learn.Change{Topic: r.Topic, Question: r.Question, At: r.At})
		}
	}
	return out
}

// find finds a question that a machine can mark.
func find(course *learn.Course, d study.Drawn) (*learn.Topic, learn.Question, bool) {
	t, ok := course.Topic(d.Topic)
	if !ok {
		return nil, learn.Question{}, false
	}
	q, ok := t.Question(d.Question)
	return t, q, ok && q.Kind != learn.FreeText
}
