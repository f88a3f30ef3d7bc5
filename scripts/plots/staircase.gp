# SPDX-License-Identifier: GPL-3.0-or-later
# Draws staircase.png and staircase.svg from the files beside it, which `escalier report` writes:
# settings.gp (layout and styles), PANEL.gp (labels) and PANEL-*.tsv (data). Run it by
# `escalier report DIR`, or in DIR/figure with `gnuplot .../scripts/plots/staircase.gp`.

load "settings.gp"
set encoding utf8
set datafile separator "\t"
set datafile missing "NaN"
level_colour = "#DCE8F5 #9DC6E6 #4A90C9 #08306B"
grid_colour = "#E3E3E3"

do for [kind in "png svg"] {
  if (kind eq "png") {
    set terminal pngcairo size width, height font "DejaVu Sans,13" background rgb "white"
    set output "staircase.png"
  } else {
    set terminal svg size width, height font "DejaVu Sans,13" background rgb "white" \
      name "staircase"
    set output "staircase.svg"
  }
  set multiplot
  set lmargin at screen panels_left
  set rmargin at screen panels_right
  unset key
  set border 3 lc rgb "#888888"
  set tics nomirror out scale 0.5
  set xtics textcolor rgb "#222222"
  set ytics textcolor rgb "#222222"
  set grid xtics ytics lt 1 lw 1 lc rgb grid_colour
  set logscale x 2
  set xrange [x_low:x_high]

  do for [panel in "latency linear served tlb pages ratio costs"] {
    if (value("has_".panel) == 0) { continue }
    unset label
    unset arrow
    unset object
    unset ylabel
    if (panel eq "latency") {
      set label title at screen panels_left, screen 1 - 34.0 / height left \
        font ":Bold,19" front
      set label subtitle at screen panels_left, screen 1 - 62.0 / height left \
        font ",12" tc rgb "#555555" front
      set label subtitle_more at screen panels_left, screen 1 - 83.0 / height left \
        font ",12" tc rgb "#555555" front
    }
    load panel.".gp"
    set tmargin at screen value(panel."_top")
    set bmargin at screen value(panel."_bottom")
    unset logscale y
    set yrange [value(panel."_low"):value(panel."_high")]
    set ytics autofreq
    if (panel eq "latency" || panel eq "pages" || panel eq "ratio") {
      set logscale y 10
      eval "set ytics (".value(panel."_ticks").")"
    }
    if (panel eq last_panel) {
      eval "set xtics (".x_ticks_named.")"
      set xlabel "buffer size [bytes]" offset 0, 0.2
      if (strlen(remark) > 0) {
        set label remark at screen panels_left, screen 14.0 / height left \
          font ",12" tc rgb "#D55E00" front
      }
    } else {
      eval "set xtics (".x_ticks.")"
      unset xlabel
    }

    if (panel eq "latency") {
      set ylabel "time per read [ns]"
      plot "latency-1.tsv" using 1:(ribbon ? $3 : NaN):4 with filledcurves \
             fc rgb curve_colour[1] fs transparent solid 0.15 noborder, \
           for [i = curves:1:-1] "latency-".i.".tsv" using 1:2 with linespoints \
             lw 2 pt curve_marker[i] ps 0.8 lc rgb curve_colour[i]
    }
    if (panel eq "linear") {
      set ylabel "time per read [ns]"
      plot for [i = 1:thin_count] "linear-".i.".tsv" using 1:2 with lines \
             lw 1.2 lc rgb thin_colour[i], \
           for [i = curves:1:-1] "latency-".i.".tsv" using 1:2 with linespoints \
             lw 2 pt 7 ps 0.2 lc rgb curve_colour[i]
    }
    if (panel eq "served") {
      set ylabel "reads served by [%]"
      plot for [k = served_count:1:-1] "served.tsv" using 1:k+1 with filledcurves y1=0 \
             fc rgb word(level_colour, k + (k == served_count ? 4 - k : 0)) fs solid noborder
    }
    if (panel eq "tlb") {
      set ylabel "dTLB misses / read"
      plot for [i = curves:1:-1] "tlb-".i.".tsv" using 1:2 with lines \
             lw 2 lc rgb curve_colour[i], \
           for [i = curves:1:-1] "tlb-".i.".tsv" using 1:3 with lines \
             lw 2 dt 2 lc rgb curve_colour[i]
    }
    if (panel eq "pages") {
      set ylabel "time per read [ns]"
      plot for [i = pages_count:1:-1] "pages-".i.".tsv" using 1:2 with linespoints \
             lw 2 pt pages_marker[i] ps 0.8 lc rgb pages_colour[i]
    }
    if (panel eq "costs") {
      unset logscale x
      unset ytics
      set xrange [0:costs_wide]
      set xtics autofreq
      set xlabel "cycles per read" offset 0, 0.2
      set border 1 lc rgb "#888888"
      plot NaN notitle
    }
    if (panel eq "ratio") {
      set ylabel "time relative"
      set object rectangle from graph 0, first 0.98 to graph 1, first 1.02 \
        fc rgb "#D9D9D9" fs solid noborder behind
      set arrow from graph 0, first 1 to graph 1, first 1 nohead lw 1.5 lc rgb "#444444" back
      plot for [i in ratio_curves] "ratio-".i.".tsv" using 1:3:4 with filledcurves \
             fc rgb curve_colour[i + 0] fs transparent solid 0.15 noborder, \
           for [i in ratio_curves] "ratio-".i.".tsv" using 1:2 with linespoints \
             lw 2 pt curve_marker[i + 0] ps 0.8 lc rgb curve_colour[i + 0]
    }
  }
  unset multiplot
  unset output
}
