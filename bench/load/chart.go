package main

import (
	"bytes"
	"fmt"
	"image/color"
	"math"
	"os"
	"path/filepath"
	"strings"
	"time"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgsvg"
)

// The charts bring their own light ground, so that they can be read on dark pages, too.
var (
	ink   = color.RGBA{R: 0x24, G: 0x29, B: 0x2f, A: 0xff}
	pale  = color.RGBA{R: 0xd8, G: 0xde, B: 0xe4, A: 0xff}
	lines = []color.Color{ // told apart also by who does not see colours: by their shapes, and by lightness
		color.RGBA{R: 0x00, G: 0x7d, B: 0x9c, A: 0xff}, color.RGBA{R: 0x24, G: 0x29, B: 0x2f, A: 0xff},
		color.RGBA{R: 0xc7, G: 0x64, B: 0x1b, A: 0xff}, color.RGBA{R: 0x8a, G: 0x63, B: 0xb8, A: 0xff},
		color.RGBA{R: 0x3d, G: 0x9a, B: 0x50, A: 0xff},
	}
	shapes = []draw.GlyphDrawer{draw.CircleGlyph{}, draw.SquareGlyph{}, draw.TriangleGlyph{}, draw.CrossGlyph{}, draw.RingGlyph{}}
)

// A chart shows one of the figures over the number of connections.
type chart struct {
	name, title string
	value       func(f *figure) float64
	label       func(v float64) string
}

var charts = []chart{
	{"rate", "requests per second", (*figure).rate, func(v float64) string { return thousands(int(v + 0.5)) }},
	{"p99", "99 % of the requests take no longer than", func(f *figure) float64 { return float64(f.P99) },
		func(v float64) string { return strings.Replace(short(time.Duration(v)), ".0", "", 1) }},
}

// draw writes the charts into the folder dir.
func (r *results) draw(dir string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	for _, kind := range r.kinds {
		for _, c := range charts {
			svg, err := r.svg(kind, c)
			if err != nil {
				return err
			}
			if err := os.WriteFile(filepath.Join(dir, fmt.Sprintf("load-%s-%s.svg", kind, c.name)), svg, 0o644); err != nil {
				return err
			}
		}
	}
	return nil
}

// svg draws one chart, on logarithmic axes.
func (r *results) svg(kind string, c chart) ([]byte, error) {
	p := plot.New()
	p.Title.Text = fmt.Sprintf("%s: %s; logarithmic scales", title(kind), c.title)
	p.Title.Padding = 6
	p.X.Label.Text = "connections"
	for _, s := range []*text.Style{&p.Title.TextStyle, &p.X.Label.TextStyle, &p.X.Tick.Label, &p.Y.Tick.Label, &p.Legend.TextStyle} {
		s.Color = ink
		s.Font = font.Font{Typeface: "Liberation", Variant: "Sans", Size: 11}
	}
	p.Title.TextStyle.Font.Size = 13
	grid := plotter.NewGrid()
	grid.Vertical.Width, grid.Horizontal.Width = 0, 0.75
	grid.Horizontal.Color = pale
	p.Add(grid)

	low, high := math.Inf(1), 0.0
	for i, s := range r.systems {
		var points plotter.XYs
		for _, conns := range r.o.conns {
			f := r.figures[key{kind, s, conns}]
			if f == nil || f.cannot != "" || c.value(f) <= 0 {
				continue
			}
			v := c.value(f)
			low, high = min(low, v), max(high, v)
			points = append(points, plotter.XY{X: float64(conns), Y: v})
		}
		if len(points) == 0 {
			continue
		}
		line, dots, err := plotter.NewLinePoints(points)
		if err != nil {
			return nil, err
		}
		line.Color, line.Width = lines[i%len(lines)], 1.5
		if i == 0 {
			line.Width = 2.5
		}
		dots.Color, dots.Shape, dots.Radius = lines[i%len(lines)], shapes[i%len(shapes)], 3
		p.Add(line, dots)
		p.Legend.Add(s.name, line, dots)
	}
	if high == 0 {
		low, high = 1, 10
	}
	first, last := r.o.conns[0], r.o.conns[len(r.o.conns)-1]
	p.X.Min, p.X.Max = float64(first)/1.2, float64(last)*1.2
	p.X.Scale, p.Y.Scale = plot.LogScale{}, plot.LogScale{}
	var ticks plot.ConstantTicks
	for _, n := range r.o.conns {
		ticks = append(ticks, plot.Tick{Value: float64(n), Label: thousands(n)})
	}
	p.X.Tick.Marker, p.X.LineStyle.Width, p.X.Tick.Length = ticks, 0, 0
	p.Y.Min, p.Y.Max = math.Pow(10, math.Floor(math.Log10(low))), math.Pow(10, math.Ceil(math.Log10(high*1.01)))
	var decades plot.ConstantTicks
	for v := p.Y.Min; v <= p.Y.Max*1.01; v *= 10 {
		decades = append(decades, plot.Tick{Value: v, Label: c.label(v)})
	}
	p.Y.Tick.Marker, p.Y.LineStyle.Width, p.Y.Tick.Length = decades, 0, 0
	// Below on the right all charts have room. The names stand left-aligned there, as another font may make them wider.
	p.Legend.Left, p.Legend.XOffs = true, 400

	canvas := vgsvg.New(640, 320)
	p.Draw(draw.Crop(draw.New(canvas), 8, -12, 6, -8))
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
