// Package generator turns a function that produces values into something that can be asked for them one by one, and
// that can be told things in return.
//
//	g := generator.New(func(y *generator.Yielder[int, struct{}]) error {
//		for i := range 3 {
//			if _, err := y.Yield(i * i); err != nil {
//				return err
//			}
//		}
//		return nil
//	})
//	for v := range g.All() {
//		fmt.Println(v) // 0, 1, 4
//	}
//
// The body is an ordinary function with a stack of its own. It may hand the [Yielder] to whatever it calls, and
// yield from any depth.
//
// # When to use it
//
// Write an [iter.Seq] if the values are only ever ranged over: that is a plain function call. Use [iter.Pull] to ask such a
// function for its values one by one. Use this package for what these cannot do:
//
//   - the consumer answers: [Generator.Send] and [Generator.Throw] put a value or an error into the body;
//   - the body can fail: [Generator.Err] says how it ended;
//   - bodies are put together of others: [Yielder.From] costs nothing per level, where Pulls of Pulls cost two switches
//     each;
//   - a consumer may forget to say that it is done: [Collect];
//   - it is not known beforehand whether the consumer will range or ask: the same generator serves both, and in
//     a loop it costs no switch.
//
// [Of] makes a generator of an iter.Seq, and [Generator.All] an iter.Seq of a generator.
//
// # Two ways
//
// In a [Generator] and its Yielder, Out is the type of what comes out and In the type of what goes in. Each call
// of the consumer meets one Yield:
//
//	consumer             body
//	v, ok := g.Next()    begins, runs to the first Yield(v)
//	v, ok := g.Send(x)   that Yield returns x, nil; runs to the next one
//	v, ok := g.Throw(e)  that Yield returns the zero In and e; runs to the next one
//	v, ok := g.Next()    that Yield returns the zero In and nil; ends; v is the zero Out and ok is false
//	err := g.Err()       what the body returned
//
// Nothing can be sent before the first Next, when no Yield waits for it. In Python's terms, Next is next(), or send(None);
// a false ok stands for StopIteration, and what a Python generator returns or dies of is Err.
//
// # Delegation
//
// y.From(other) yields everything that other yields, as "yield from" does in Python: what is sent and thrown goes to
// other, and the error with which it ended comes back. A recursive generator, which walks a tree, say, makes a new
// generator for each subtree and delegates to it. Their bodies all run on one stack with one Yielder, so a value
// from a thousand levels down costs what one from the top costs. Generators that were started before they are
// delegated to keep their stacks, and Next goes directly to the innermost.
//
// # Endings
//
// A body ends by returning; then [Generator.Next] returns false, and [Generator.Err] what the body returned. A
// consumer that wants no more calls [Generator.Close], or leaves the loop over [Generator.All]: the Yield in which the
// body waits returns [greenlet.ErrExit], the body returns, its deferred calls run. A body that does not listen is
// unwound at its next Yield. Write bodies so that they return what Yield returns as an error.
//
// A panic of the body is raised again where the consumer asked, as a [*greenlet.PanicError] with the original stack, and
// runtime.Goexit (and with it t.FailNow) is repeated there. However it ends, no goroutine stays.
//
// A loop over the All of a generator that was not started runs the body on the loop's stack. [Generator.All]
// lists what can be noticed of that.
//
// # Goroutines
//
// A generator belongs to no goroutine: whoever calls Next runs the body, and the next call may come from elsewhere. Only,
// calls must not overlap, and the thread lock (runtime.LockOSThread) must be the same each time: see [Generator]. The body
// runs while a Next waits for it and at no other time, so it needs no lock for what it shares with its consumer.
//
// A started generator that is neither read to the end nor closed keeps its goroutine for ever, as with iter.Pull,
// unless it was made with [Collect].
//
// # Cost
//
// Next, Send and Throw are two switches of package greenlet and allocate nothing: between an iter.Pull, which has no
// error to carry and no delegate to find, and a channel. A start and an end cost several times those of iter.Pull. A
// loop over a generator that was not started costs a call or two per value, and no goroutine. Measure with
//
//	go test -bench . github.com/go-greenlet/greenlet/generator
package generator
