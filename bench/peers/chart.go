package main

import (
	"bytes"
	"cmp"
	"fmt"
	"image/color"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"

	xfont "golang.org/x/image/font"
	"gonum.org/v1/plot"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgsvg"
)

// The charts bring their own light ground, so that they can be read on dark pages, too.
var (
	ink       = color.RGBA{R: 0x24, G: 0x29, B: 0x2f, A: 0xff}
	pale      = color.RGBA{R: 0xd8, G: 0xde, B: 0xe4, A: 0xff}
	theirFill = color.RGBA{R: 0xa9, G: 0xb8, B: 0xc9, A: 0xff}
	ourFill   = color.RGBA{R: 0x00, G: 0x7d, B: 0x9c, A: 0xff}
)

// A bar is a figure in a chart.
type bar struct {
	name, label string
	value       float64
	ours        bool
}

// bars are drawn from the left edge to their values, the last at the bottom.
type bars []bar

// Plot implements plot.Plotter.
func (bs bars) Plot(c draw.Canvas, p *plot.Plot) {
	x, y := p.Transforms(&c)
	half := (y(1) - y(0)) * 0.36
	for i, b := range bs {
		right, middle := x(b.value), y(bs.row(i))
		fill, style := theirFill, p.X.Tick.Label
		if b.ours {
			fill, style.Font.Weight = ourFill, xfont.WeightBold
		}
		c.FillPolygon(fill, []vg.Point{{X: c.Min.X, Y: middle - half}, {X: right, Y: middle - half},
			{X: right, Y: middle + half}, {X: c.Min.X, Y: middle + half}})
		style.XAlign, style.YAlign = draw.XLeft, draw.YCenter
		c.FillText(style, vg.Point{X: right + 5, Y: middle + 1}, b.label)
	}
}

// row is where on the axis of names the bar with index i stands.
func (bs bars) row(i int) float64 { return float64(len(bs) - 1 - i) }

// svg draws bs on a logarithmic axis.
func (bs bars) svg(title string, bytesAxis bool) ([]byte, error) {
	low, high := math.Inf(1), 0.0
	var names plot.ConstantTicks
	for i, b := range bs {
		low, high = min(low, b.value), max(high, b.value)
		names = append(names, plot.Tick{Value: bs.row(i), Label: b.name})
	}
	p := plot.New()
	p.Title.Text = title
	p.Title.Padding = 6
	for _, s := range []*text.Style{&p.Title.TextStyle, &p.X.Tick.Label, &p.Y.Tick.Label} {
		s.Color = ink
		s.Font = font.Font{Typeface: "Liberation", Variant: "Sans", Size: 11}
	}
	p.Title.TextStyle.Font.Size = 13

	// From the decade below the lowest, with place for labels behind the highest.
	p.X.Min = math.Pow(10, math.Floor(math.Log10(low/1.5)))
	p.X.Max = high * math.Pow(high/p.X.Min, 0.3)
	p.X.Scale = plot.LogScale{}
	var decades plot.ConstantTicks
	for v := p.X.Min; v <= p.X.Max; v *= 10 {
		label := thousands(int(v+0.5)) + " B"
		if !bytesAxis {
			label = strings.Replace(amount(v, false), ".0", "", 1)
		}
		decades = append(decades, plot.Tick{Value: v, Label: label})
	}
	p.X.Tick.Marker, p.X.Tick.Length, p.X.LineStyle.Width, p.X.Padding = decades, 0, 0, 0
	p.Y.Min, p.Y.Max = -0.6, float64(len(bs))-0.4
	// The padding is for readers with a wider font than the one that is measured with.
	p.Y.Tick.Marker, p.Y.Tick.Length, p.Y.LineStyle.Width, p.Y.Padding = names, 0, 0, 22

	grid := plotter.NewGrid()
	grid.Vertical.Color, grid.Vertical.Width, grid.Horizontal.Width = pale, 0.75, 0
	p.Add(grid, bs)

	canvas := vgsvg.New(640, vg.Length(60+22*len(bs)))
	p.Draw(draw.Crop(draw.New(canvas), 8, -8, 6, -8))
	var out bytes.Buffer
	if _, err := canvas.WriteTo(&out); err != nil {
		return nil, err
	}
	return tidy(out.Bytes()), nil
}

// tidy gives the ground to the whole picture, and names fonts of the same widths for readers without the first one.
func tidy(svg []byte) []byte {
	svg = bytes.ReplaceAll(svg, []byte("font-family:Liberation Sans;"), []byte("font-family:Liberation Sans,Arial,Helvetica,sans-serif;"))
	return bytes.Replace(svg, []byte("<g transform"), []byte("<rect width=\"100%\" height=\"100%\" rx=\"6\" fill=\"#ffffff\"/>\n<g transform"), 1)
}

// charts returns the works that have a chart; what goes through C stands in that of depth.
func charts() []*work {
	var ws []*work
	for _, w := range works {
		if !w.throC {
			ws = append(ws, w)
		}
	}
	return ws
}

// bars returns the bars of w's chart, the lowest first.
func (r *results) bars(w *work) bars {
	var bs bars
	for _, v := range works {
		if v != w && v.base() != w {
			continue
		}
		for _, p := range r.ranked(v) {
			f := r.of(v, p)
			name := p.name + at(v, f)
			if v.throC {
				name += " via C"
			}
			bs = append(bs, bar{name, amount(f.value, w.bytes) + "  " + times(r.ratio(v, p)), f.value, p.ours})
		}
	}
	slices.SortStableFunc(bs, func(a, b bar) int { return cmp.Compare(a.value, b.value) })
	return bs
}

// draw writes the chart of each work into the folder dir.
func (r *results) draw(dir string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	for _, w := range charts() {
		what := "time of a " + w.unit
		if w.bytes {
			what = "memory of one"
		}
		svg, err := r.bars(w).svg(fmt.Sprintf("%s: %s, and how many times ours; logarithmic scale", title(w.title), what), w.bytes)
		if err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(dir, "bench-"+w.name+".svg"), svg, 0o644); err != nil {
			return err
		}
	}
	return nil
}
