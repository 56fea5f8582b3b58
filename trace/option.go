package trace

// An Option changes what a recorder keeps; pass it to [Attach] or [New].
type Option func(*options)

type options struct {
	last     int
	noValues bool
	snapshot bool
	format   func(any) string
}

// defaultLast is how many events a recorder keeps unless told otherwise.
const defaultLast = 1 << 20

// Last makes a recorder keep the last n events; older ones are dropped, and [Recorder.Dropped] counts them. Without
// it a recorder keeps the last 1,048,576. If n is 0 or less it keeps all, and its memory grows as long as it records.
func Last(n int) Option { return func(o *options) { o.last = n } }

// NoValues makes a recorder forget the values, though not the errors. Values that are kept live as long as the
// recorder keeps their events. That matters where they are large, or hold greenlets, which therefore are never found
// abandoned.
func NoValues() Option { return func(o *options) { o.noValues = true } }

// Snapshot makes a recorder turn each value and each error into text at once, instead of when it writes. The text is
// then of the moment at which control arrived, whatever happens to the value later, and the value is not kept. It
// costs what the formatting costs, which for most types is several times more than all the rest of recording.
func Snapshot() Option { return func(o *options) { o.snapshot = true } }

// Format makes a recorder turn values into text with f, which gets values of the type T of the recorder, and may
// return "" for one that is not worth showing. Without it strings are quoted, the empty struct and nil are not shown,
// and all else is as fmt.Sprint has it. Long texts are cut, and of a value that is very large, or contains itself, only
// the beginning is looked at.
func Format(f func(any) string) Option { return func(o *options) { o.format = f } }

func newOptions(opts []Option) options {
	o := options{last: defaultLast, format: plain}
	for _, f := range opts {
		f(&o)
	}
	if o.format == nil {
		o.format = plain
	}
	return o
}
