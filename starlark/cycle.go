package starlark

import "go.starlark.net/starlark"

// maxLooked is how many collections containsItself looks at.
const maxLooked = 100_000

// exceptionText is the text of an exception with arguments: name(args).
func exceptionText(e starlark.Value, name string, args starlark.Tuple) string {
	switch {
	case containsItself(e):
		return name + "(...)" // as Starlark writes [...] for a list
	case len(args) == 0:
		return name + "()"
	case len(args) == 1:
		return name + "(" + args[0].String() + ")"
	}
	return name + args.String()
}

// containsItself reports whether a list or dictionary within e leads back to e, or there are too many collections to
// tell. Starlark looks for cycles in its own collections alone: the text of one with e in it would have no end.
func containsItself(e starlark.Value) bool {
	seen := map[starlark.Value]bool{}
	todo := []starlark.Value{e}
	add := func(v starlark.Value) {
		switch v.(type) {
		case *starlark.List, *starlark.Dict, *starlark.Set, *exit, *exception, starlark.Tuple:
			todo = append(todo, v)
		}
	}
	for n := 0; len(todo) > 0; n++ {
		v := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		if n > 0 && v == e || n > maxLooked {
			return true
		}
		if _, is := v.(starlark.Tuple); !is { // it cannot contain itself, and is no key of a map
			if seen[v] {
				continue
			}
			seen[v] = true
		}
		switch v := v.(type) {
		case *exit:
			addAll(v.args, add)
		case *exception:
			addAll(v.args, add)
		case starlark.Tuple:
			addAll(v, add)
		case *starlark.List:
			addAll(v, add)
		case *starlark.Dict:
			for _, pair := range v.Items() {
				add(pair[0])
				add(pair[1])
			}
		case *starlark.Set:
			for x := range v.Elements() {
				add(x)
			}
		}
	}
	return false
}

// addAll calls add with the elements of v.
func addAll(v starlark.Indexable, add func(starlark.Value)) {
	for i := range v.Len() {
		add(v.Index(i))
	}
}
