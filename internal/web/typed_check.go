//go:build pagecheck

package web

// typedView is a page's dot with the type of its data, so that the static check
// holds every page against it. The tests are built with the tag pagecheck, the
// program is not: each of these types carries all methods of Ctx again, four
// megabytes for all pages together.
type typedView[T any] struct {
	*Ctx
	D T
}

func typed[T any]() any { return typedView[T]{} }
