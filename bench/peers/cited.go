package main

// A citation is a figure that others recorded, of a system that cannot be measured here: no release of it is packaged for
// a Python that is still maintained, say. The page quotes it, and says that it was not measured.
type citation struct {
	System string
	What   string // what was done
	Figure string // as it was recorded, with its unit
	Source string // where it can be read, and on what machine it was measured if that says so
}

// citations stand in the order of the page. Only what has a source that a reader can look up belongs here.
var citations []citation
