# SPDX-License-Identifier: GPL-3.0-or-later
# Draws comparison.png and comparison.svg from the files beside it, which `escalier report` writes
# for the folder of `escalier run`: settings.gp (texts and layout) and a table a panel. Run it by
# `escalier report DIR`, or in DIR/figure with `gnuplot .../scripts/plots/comparison.gp`.

load "settings.gp"
set encoding utf8
set datafile separator "\t"
set datafile missing "NaN"
grid_colour = "#E3E3E3"

do for [kind in "png svg"] {
  if (kind eq "png") {
    set terminal pngcairo size width, height font "DejaVu Sans,13" background rgb "white"
    set output "comparison.png"
  } else {
    set terminal svg size width, height font "DejaVu Sans,13" background rgb "white" \
      name "comparison"
    set output "comparison.svg"
  }
  set multiplot
  unset key
  set border 1 lc rgb "#888888"
  set tics nomirror out scale 0.5
  unset ytics

  # Ratios of time, the first contender on top.
  set label 1 title at screen 40.0 / width, screen 1 - 34.0 / height left font ":Bold,19"
  set label 2 subtitle at screen 40.0 / width, screen 1 - 62.0 / height left \
    font ",12" tc rgb "#555555"
  set label 3 subtitle_more at screen 40.0 / width, screen 1 - 83.0 / height left \
    font ",12" tc rgb "#555555"
  set lmargin at screen 190.0 / width
  set rmargin at screen 620.0 / width
  set tmargin at screen 1 - 1.0 * upper_top / height
  set bmargin at screen 1 - 1.0 * upper_bottom / height
  set logscale x
  set xrange [ratio_low:ratio_high]
  set yrange [upper_rows + 1:0]
  set grid xtics lt 1 lw 1 lc rgb grid_colour
  set xtics textcolor rgb "#222222" autofreq
  if (ratio_high / ratio_low > 1.5) {
    set xtics ("0.1" 0.1, "0.2" 0.2, "0.35" 0.35, "0.5" 0.5, "0.7" 0.7, "1" 1, "1.4" 1.4, "2" 2, \
      "3" 3, "5" 5, "10" 10, "30" 30)
  } else {
    set xtics ("0.7" 0.7, "0.75" 0.75, "0.8" 0.8, "0.85" 0.85, "0.9" 0.9, "0.95" 0.95, "1" 1, \
      "1.05" 1.05, "1.1" 1.1, "1.15" 1.15, "1.2" 1.2, "1.3" 1.3, "1.4" 1.4)
  }
  set xlabel ratio_label
  set object 1 rectangle from 0.98, graph 0 to 1.02, graph 1 fc rgb "#DDDDDD" fs solid noborder behind
  set arrow 1 from 1, graph 0 to 1, graph 1 nohead lc rgb "#333333" lw 1
  do for [i = 1:ratio_rows] {
    set label 100 + i ratio_name[i] at graph -0.03, first i right font ratio_style[i]
    set label 200 + i ratio_change[i] at graph 1.03, first i left font ratio_style[i]
  }
  plot "ratio.tsv" using 2:1:3:4:5 with xerrorbars pt 7 ps 1.1 lw 2 lc rgb variable
  unset label
  unset object
  unset arrow

  # The other quantities of the most telling contender.
  set label 1 why_title at screen 980.0 / width, screen 1 - (upper_top - 14.0) / height left \
    font ":Bold,14"
  set lmargin at screen 980.0 / width
  set rmargin at screen 1190.0 / width
  set xrange [why_low:why_high]
  set xtics autofreq
  if (why_high / why_low > 8) {
    set xtics ("0.001" 0.001, "0.01" 0.01, "0.1" 0.1, "1" 1, "10" 10, "100" 100, "1000" 1000)
  } else {
    set xtics ("0.5" 0.5, "0.7" 0.7, "1" 1, "1.4" 1.4, "2" 2)
  }
  set xlabel "ratio"
  set arrow 1 from 1, graph 0 to 1, graph 1 nohead lc rgb "#333333" lw 1
  do for [i = 1:why_rows] {
    set label 100 + i why_name[i] at graph -0.05, first i right
    set label 200 + i why_values[i] at graph 1.05, first i left tc rgb "#777777"
    set label 300 + i why_change[i] at screen (width - 20.0) / width, first i right \
      font why_style[i]
  }
  plot "why.tsv" using 2:1:3:4:5 with xerrorbars pt 7 ps 1.1 lw 2 lc rgb variable
  unset label
  unset arrow

  # Where the time of all processes goes.
  set label 1 "where the CPU time goes" at screen 40.0 / width, \
    screen 1 - (lower_top - 14.0) / height left font ":Bold,14"
  set label 2 "user space" at screen 330.0 / width, screen 1 - (lower_top - 14.0) / height left \
    tc rgb "#08306B"
  set label 3 "kernel" at screen 440.0 / width, screen 1 - (lower_top - 14.0) / height left \
    tc rgb "#D55E00"
  set lmargin at screen 190.0 / width
  set rmargin at screen (width - 20.0) / width
  set tmargin at screen 1 - 1.0 * lower_top / height
  set bmargin at screen 1 - 1.0 * lower_bottom / height
  unset logscale x
  set xrange [0:bar_high]
  set yrange [bar_rows + 0.5:0.5]
  unset xtics
  set xtics nomirror out scale 0.5 autofreq textcolor rgb "#222222"
  set xlabel "CPU seconds"
  set style fill solid 1 noborder
  do for [i = 1:bar_rows] {
    set label 100 + i bar_name[i] at graph -0.012, first i right
  }
  plot "bars.tsv" using (0):1:(0):2:($1 - 0.35):($1 + 0.35) with boxxyerror lc rgb "#08306B", \
    "" using 2:1:2:3:($1 - 0.35):($1 + 0.35) with boxxyerror lc rgb "#D55E00", \
    "" using ($3 + bar_high * 0.01):1:(bar_remark[int($1)]) with labels left tc rgb "#777777"
  unset label

  # What the program asks of its allocator.
  if (has_profile) {
    set label 1 profile_title at screen 40.0 / width, screen 1 - (profile_top - 14.0) / height left \
      font ":Bold,14"
    set lmargin at screen 70.0 / width
    set rmargin at screen 460.0 / width
    set tmargin at screen 1 - 1.0 * profile_top / height
    set bmargin at screen 1 - 1.0 * profile_bottom / height
    set xrange [sizes_low - 1:sizes_high + 1]
    set yrange [0:sizes_top * 1.25]
    unset xtics
    set xtics nomirror out scale 0.5 textcolor rgb "#222222"
    eval "set xtics (" . sizes_tics . ")"
    set ytics nomirror out scale 0.5 textcolor rgb "#222222" autofreq
    set grid ytics lt 1 lw 1 lc rgb grid_colour
    set border 3 lc rgb "#888888"
    set xlabel "size of a block"
    set label 2 "■ % of the blocks" at graph 0.03, graph 0.93 left tc rgb "#0072B2"
    set label 3 "■ % of the bytes" at graph 0.45, graph 0.93 left tc rgb "#E69F00"
    plot "sizes.tsv" using ($1 - 0.2):2:(0.38) with boxes lc rgb "#0072B2", \
      "" using ($1 + 0.2):3:(0.38) with boxes lc rgb "#E69F00"
    unset label

    set lmargin at screen 540.0 / width
    set rmargin at screen 900.0 / width
    set xrange [0:*]
    set yrange [0:live_top * 1.25]
    unset xtics
    set xtics nomirror out scale 0.5 live_step textcolor rgb "#222222"
    set xlabel "seconds of the traced execution"
    set label 2 "live MiB" at graph 0.03, graph 0.93 left tc rgb "#0072B2"
    set label 3 "resident MiB" at graph 0.35, graph 0.93 left tc rgb "#777777"
    plot "live.tsv" using 1:3 with lines lw 1.5 lc rgb "#AAAAAA", \
      "" using 1:2 with steps lw 2 lc rgb "#0072B2"
    unset label

    # Names of call sites are long: a list, not a panel of bars.
    set label 1 "call sites by bytes" at screen 940.0 / width, \
      screen 1 - (profile_top - 14.0) / height left font ":Bold,14"
    do for [i = 1:site_rows] {
      set label 100 + i site_name[i] at screen 940.0 / width, \
        screen 1 - (profile_top + 4.0 + 30.0 * i) / height left font ",11"
    }
    if (site_rows == 0) {
      set label 2 "none: too few bytes for a sample" at screen 940.0 / width, \
        screen 1 - (profile_top + 34.0) / height left tc rgb "#777777"
    }
    unset border
    unset xtics
    unset ytics
    unset xlabel
    unset grid
    set xrange [0:1]
    set yrange [0:1]
    plot NaN notitle
    unset label
  }
  unset multiplot
  set output
}
