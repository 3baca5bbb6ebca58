# SPDX-License-Identifier: BSD-2-Clause
# The plots of docs/performance.md: gnuplot -c plots.gnuplot DATA_DIR OUT_DIR
data = ARG1
set terminal svg size 760,420 font "sans-serif,13" background rgb "white"
set border 3
set tics nomirror
set grid ytics lc rgb "#dddddd"

set output ARG2."/small.svg"
set title "100 bytes: time over the number of objects (medians, p10 to p90)"
set logscale xy
set xlabel "objects"
set ylabel "ms"
set key outside right top
write_256 = real(system("cat ".data."/primitive.write_256.dat"))
empty = real(system("cat ".data."/primitive.empty_call.dat"))
stats data."/festore.put_100.dat" using 1 nooutput
set xrange [STATS_min / 1.3 : STATS_max * 1.3]
plot for [s in "stock.put_100 stock.get_100 festore.put_100 festore.get_100"] \
        data."/".s.".dat" using 1:2:3:4 with yerrorbars notitle lc rgb "#888888" pt 0, \
    data."/stock.put_100.dat" using 1:2 with linespoints title "stock put" lw 2 pt 7 lc rgb "#b2182b", \
    data."/stock.get_100.dat" using 1:2 with linespoints title "stock get" lw 2 pt 6 lc rgb "#ef8a62", \
    data."/festore.put_100.dat" using 1:2 with linespoints title "festore put" lw 2 pt 7 lc rgb "#2166ac", \
    data."/festore.get_100.dat" using 1:2 with linespoints title "festore get" lw 2 pt 6 lc rgb "#67a9cf", \
    write_256 with lines title "256-byte write" dt 2 lc rgb "#444444", \
    empty with lines title "empty call" dt 3 lc rgb "#444444"

reset
set terminal svg size 760,420 font "sans-serif,13" background rgb "white"
set output ARG2."/large.svg"
set title "Large contents: MiB/s (medians)"
set border 3
set tics nomirror
set grid ytics lc rgb "#dddddd"
set ylabel "MiB/s"
set yrange [0:*]
set style data histograms
set style histogram clustered gap 1
set style fill solid 0.9
set boxwidth 0.9
set xtics rotate by -30 left
set key outside right top
set bmargin 5
# Columns: the label, then one for each number of processors.
columns = int(system("awk 'NR == 2 {print NF - 2}' ".data."/put_large.dat"))
array colour[2] = ["#2166ac", "#67a9cf"]
system("(cat ".data."/put_large.dat; tail -n +2 ".data."/get_large.dat) > ".data."/large.dat")
plot for [c = 2:columns + 1] data."/large.dat" using c:xtic(1) title columnheader(c) lc rgb colour[c - 1]
