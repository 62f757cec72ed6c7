/** Draws the charts of the report; runs in the browser, with uPlot and DATA as globals. */
/* global uPlot, DATA, document */
const COLOURS = ['#2b66b1', '#c4581a', '#2f8a4d', '#8746a6', '#a88400', '#4b5563']
const AXIS = {
  stroke: '#5c6675',
  grid: { stroke: '#edf0f4', width: 1 },
  ticks: { stroke: '#d6dbe3', width: 1 },
  font: '11px system-ui',
}

const machineOf = ({ machine, bun }) => `${machine.cores} × ${machine.cpu}, ${machine.os}, Bun ${bun}`
const machines = [...new Set(DATA.history.map(machineOf))]
const colourOf = (index) => COLOURS[index % COLOURS.length]

function add(parent, tag, text = '', className = '') {
  const element = document.createElement(tag)
  element.textContent = text
  element.className = className
  parent.append(element)
  return element
}

/** Digits that matter, and no more. */
const short = (value) => (value >= 100 ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : value.toFixed(2))

for (const [index, machine] of machines.entries()) {
  const line = add(document.getElementById('machines'), 'span')
  add(line, 'i').style.background = colourOf(index)
  line.append(machine)
}
drawTrends(document.getElementById('trends'))
drawEndToEnd(document.getElementById('end-to-end'), DATA.endToEnd)

/** A chart for each case that has a limit, by the first word of its name. */
function drawTrends(parent) {
  const names = new Set(
    DATA.history.flatMap(({ cases }) => cases.filter((each) => each.limit !== null).map(({ name }) => name)),
  )
  for (const [area, cases] of Object.entries(Object.groupBy(names, (name) => name.split(' ')[0]))) {
    add(parent, 'h3', area)
    const charts = add(parent, 'div', '', 'charts')
    for (const name of cases) drawTrend(charts, name)
  }
}

function drawTrend(parent, name) {
  const values = DATA.history.map(({ cases }) => cases.find((each) => each.name === name)?.limit_ratio ?? null)
  const card = add(parent, 'div', '', 'chart')
  const title = add(card, 'h4', name)
  add(title, 'b', `${short(values.findLast((value) => value !== null))} ×`)
  const series = machines.map((machine) =>
    DATA.history.map((record, index) => (machineOf(record) === machine ? values[index] : null)),
  )
  const revisionAt = (index) => DATA.history[index]?.revision.slice(0, 7) ?? ''
  const options = {
    width: card.clientWidth - 16,
    height: 130,
    legend: { show: false },
    cursor: { show: false },
    scales: {
      x: { time: false, range: [-0.5, Math.max(DATA.history.length, 4) - 0.5] },
      y: { range: (_, __, max) => [0, max * 1.25] },
    },
    axes: [
      {
        ...AXIS,
        size: 24,
        incrs: [1, 2, 5, 10, 20, 50, 100],
        values: (_, splits) => splits.map(revisionAt),
        space: 58,
      },
      { ...AXIS, size: 56, values: (_, splits) => splits.map((value) => `${value} ×`) },
    ],
    series: [
      {},
      ...machines.map((_, index) => ({
        stroke: colourOf(index),
        width: 1.5,
        spanGaps: true,
        points: { show: true, size: 6, fill: colourOf(index) },
      })),
    ],
  }
  card.append(new uPlot(options, [DATA.history.map((_, index) => index), ...series]).root)
}

/** Latency against rate. Steps that lost something have a ring around them. */
function drawEndToEnd(parent, record) {
  if (!parent || !record) return
  const steps = record.steps.toSorted((a, b) => a.rate_per_s - b.rate_per_s)
  const line = (label, colour) => ({ label, stroke: colour, width: 2, points: { show: true, size: 7, fill: colour } })
  const options = {
    width: parent.clientWidth,
    height: 340,
    scales: { x: { time: false, range: (_, __, max) => [0, max * 1.05] }, y: { distr: 3, log: 10 } },
    legend: { live: false },
    axes: [
      {
        ...AXIS,
        label: 'frames a second, each acked',
        labelFont: '12px system-ui',
        values: (_, splits) => splits.map(thousands),
      },
      { ...AXIS, label: 'ack latency, ms', labelFont: '12px system-ui', size: 56 },
    ],
    series: [
      { label: 'frames/s' },
      line('p50, ms', COLOURS[0]),
      line('p99, ms', COLOURS[1]),
      {
        label: 'p99 of a step that lost something',
        stroke: '#b3261e',
        width: 0,
        points: { show: true, size: 14, width: 2, fill: 'transparent' },
      },
    ],
  }
  const column = (key) => steps.map((step) => step[key])
  const lossy = steps.map(({ lost, p99_ms }) => (lost > 0 ? p99_ms : null))
  parent.append(new uPlot(options, [column('rate_per_s'), column('p50_ms'), column('p99_ms'), lossy]).root)
}

function thousands(value) {
  if (value === null) return ''
  return value >= 1000 ? `${value / 1000} k` : `${value}`
}
