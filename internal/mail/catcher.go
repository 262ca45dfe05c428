package mail

import (
	"context"
	"slices"
	"sync"
	"time"

	"amelie/internal/clock"
)

// Caught is a message that stayed here.
type Caught struct {
	Message
	At time.Time
}

// Catcher keeps the newest messages in memory instead of sending them: for
// the demonstration's mail page and for tests.
type Catcher struct {
	now  clock.Clock
	most int
	mu   sync.Mutex
	all  []Caught
}

// NewCatcher makes a catcher that keeps the newest n messages.
func NewCatcher(n int, now clock.Clock) *Catcher { return &Catcher{most: n, now: now} }

// Send keeps the message.
func (c *Catcher) Send(_ context.Context, m Message) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, old := range c.all {
		if old.ID == m.ID && m.ID != "" {
			return nil // the second copy of a job that ran twice
		}
	}
	c.all = append(c.all, Caught{m, c.now()})
	if len(c.all) > c.most {
		c.all = slices.Delete(c.all, 0, len(c.all)-c.most)
	}
	return nil
}

// Messages lists what was caught, newest first.
func (c *Catcher) Messages() []Caught {
	c.mu.Lock()
	defer c.mu.Unlock()
	out := slices.Clone(c.all)
	slices.Reverse(out)
	return out
}

// For lists what was caught for one address, newest first.
func (c *Catcher) For(to string) []Caught {
	return slices.DeleteFunc(c.Messages(), func(m Caught) bool { return m.To != to })
}
