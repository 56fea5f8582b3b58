package conformance

// A Program is some functions, which greenlets run, and what main does.
type Program struct {
	Funcs []*Func
	Main  *Func
}

// A Func is a function with its statements. What it returns comes from a last Stmt.
type Func struct {
	Name  string
	Outer *Func // whose cell it shares, if it is nested
	Body  []*Stmt
}

// An Op is a kind of statement.
type Op int

const (
	opStates Op = iota
	opSwitch
	opThrow
	opNew
	opSpawn // opNew and opSwitch
	opSetParent
	opSetRun
	opGetRun
	opSetTrace
	opGetTrace
	opCall
	opBump
	opTouch
	opRaise
	opReturn
	opLoop
	opIf
	opDef
)

// A Stmt is a statement. Which fields count depends on Op.
type Stmt struct {
	Op     Op
	Caught bool // an error is caught, not passed on
	To     Ref
	Val    *Expr
	Args   Args
	Run    *Run
	Parent *Expr // of a new greenlet; nil: the default
	Cond   Cond
	Tracer Tracer
	Count  int // of the rounds of a loop, or of a list's elements
	Func   *Func
	Body   []*Stmt
}

// A Ref says which greenlet is meant.
type Ref struct {
	Kind RefKind
	N    int
}

// A RefKind is a way to name a greenlet.
type RefKind int

const (
	refIndex RefKind = iota // the Nth, from the start again after the last
	refUp                   // the parent of the current one
	refSelf
	refLast // the newest
	refLoop // the Nth after the loop's counter
)

// An Expr is an expression without effects.
type Expr struct {
	Kind  ExprKind
	N     int
	Elems []*Expr
	Ref   Ref
	Text  string
}

// An ExprKind is a kind of expression.
type ExprKind int

const (
	exprInt ExprKind = iota
	exprNone
	exprText
	exprVar    // what arrived last
	exprObject // a list that is shared
	exprTuple
	exprList
	exprDict
	exprRef
	exprExit // GreenletExit, called with Elems
	exprExitClass
)

// Args are the arguments of a switch or a call.
type Args struct {
	Pos   []*Expr
	Named []*Expr // k and j
}

var argNames = []string{"k", "j"}

// A Run is what a new greenlet is given to run.
type Run struct {
	Kind RunKind
	N    int // of the greenlet
	Func *Func
	Word bool // passed as run=
}

// A RunKind is a kind of Run.
type RunKind int

const (
	runFunc RunKind = iota
	runAbsent
	runNone
	runInt
	runRelay // switches to a greenlet with its arguments
	runPair  // takes two arguments and no more
)

// A Cond is the condition of an if.
type Cond struct {
	Kind int // of conditions
	N    int
}

// conditions are the texts of what can be asked.
var conditions = []string{"fuel[0] %% 2 == %d", "x == None", "bool(G(%d))", "G(%d).dead", "gettrace() == None"}

// A Tracer is what opSetTrace sets; a Kind of 0 ends the trace.
type Tracer struct {
	Kind  int // of tracers
	After int
	N     int
}

// tracers are what a tracer does at its After'th call.
var tracers = []string{"", "look", "raise", "exit", "switch", "stop", "other"}
