// Candles with their marks: trigger, later decisions, key level and trigger close; volume in a pane below.
import {
  CandlestickSeries,
  HistogramSeries,
  LineStyle,
  createChart,
  createSeriesMarkers,
} from "../vendor/lightweight-charts/lightweight-charts.standalone.production.mjs";
import { localText } from "./local-time.js";

const BARS_AROUND_TRIGGER = { before: 45, after: 90 };
const MARK_LOOKS = {
  trigger: { position: "aboveBar", shape: "arrowDown", color: "--tl-accent" },
  suspected_abandonment: { position: "aboveBar", shape: "circle", color: "--tl-suspected-mark" },
  confirmed_abandonment: { position: "belowBar", shape: "square", color: "--tl-confirmed-mark" },
  invalidated: { position: "belowBar", shape: "arrowUp", color: "--tl-invalidated-mark" },
};
const LINE_COLORS = { trigger_price: "--tl-accent", key_level: "--tl-confirmed-mark" };

const css = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

function decimalsOf(candles) {
  const length = (text) => (text.includes(".") ? text.length - text.indexOf(".") - 1 : 0);
  return Math.max(2, ...candles.map((candle) => Math.max(length(candle.close), length(candle.low))));
}

class CandleChart {
  constructor(figure) {
    this.figure = figure;
    this.setup = JSON.parse(document.getElementById(figure.dataset.chart).textContent);
    this.canvas = figure.querySelector(".chart-canvas");
    this.legend = figure.querySelector(".chart-legend");
    figure.querySelector("[data-retry]").addEventListener("click", () => this.load());
    this.canvas.addEventListener("keydown", (event) => this.onKey(event));
    new MutationObserver(() => this.paint()).observe(document.documentElement, {
      attributeFilter: ["data-bs-theme"],
    });
  }

  async load() {
    this.show("loading");
    try {
      const answer = await fetch(this.setup.klines_url, { credentials: "same-origin" });
      const body = await answer.json();
      if (!answer.ok) throw new Error(body.error?.message ?? `HTTP ${answer.status}`);
      this.candles = body.klines;
      if (this.candles.length === 0) return this.show("empty");
      this.draw();
      return this.show("ready");
    } catch (error) {
      this.figure.querySelector("[data-error-text]").textContent = error.message;
      return this.show("error");
    }
  }

  show(state) {
    this.figure.dataset.state = state;
  }

  draw() {
    this.chart?.remove();
    this.chart = createChart(this.canvas, {
      autoSize: true,
      layout: { attributionLogo: false, background: { color: "transparent" }, fontFamily: css("--bs-body-font-family") },
      localization: { timeFormatter: (time) => localText(new Date(time * 1000)) },
      timeScale: { timeVisible: true, rightOffset: 4, minBarSpacing: 0.5, tickMarkFormatter: tickText },
      crosshair: { mode: 0 },
    });
    const decimals = Math.min(decimalsOf(this.candles), 12);
    this.decimals = decimals;
    this.series = this.chart.addSeries(CandlestickSeries, {
      priceFormat: { type: "price", precision: decimals, minMove: 10 ** -decimals },
      borderVisible: false,
      lastValueVisible: false,
      priceLineVisible: false,
    });
    this.volume = this.chart.addSeries(
      HistogramSeries,
      { priceFormat: { type: "volume" }, lastValueVisible: false, priceLineVisible: false },
      1,
    );
    this.chart.panes()[0].setStretchFactor(3.2);
    this.chart.panes()[1].setStretchFactor(1);
    this.byTime = new Map(this.candles.map((candle) => [candle.time, candle]));
    this.series.setData(
      this.candles.map(({ time, open, high, low, close }) => ({
        time, open: Number(open), high: Number(high), low: Number(low), close: Number(close),
      })),
    );
    this.markers = createSeriesMarkers(this.series, []);
    this.lines = this.setup.lines.map((line) => ({
      kind: line.kind,
      line: this.series.createPriceLine({
        price: Number(line.price), title: line.label, lineWidth: 1, lineStyle: LineStyle.Dashed, axisLabelVisible: true,
      }),
    }));
    this.chart.subscribeCrosshairMove(({ time }) => this.writeLegend(this.byTime.get(time)));
    this.paint();
    this.writeLegend();
    this.frame();
  }

  // Everything that depends on the colour theme.
  paint() {
    if (!this.chart) return;
    const [line, up, down] = [css("--tl-line"), css("--tl-up"), css("--tl-down")];
    this.chart.applyOptions({
      layout: { textColor: css("--tl-muted"), panes: { separatorColor: line } },
      grid: { vertLines: { color: line }, horzLines: { color: line } },
      rightPriceScale: { borderColor: line },
      timeScale: { borderColor: line },
    });
    this.series.applyOptions({ upColor: up, downColor: down, wickUpColor: up, wickDownColor: down });
    this.volume.setData(
      this.candles.map(({ time, open, close, volume }) => ({
        time, value: Number(volume), color: `${Number(close) < Number(open) ? down : up}99`,
      })),
    );
    this.markers.setMarkers(
      this.setup.marks
        .filter((mark) => this.byTime.has(mark.time))
        .map((mark) => {
          const look = MARK_LOOKS[mark.kind];
          return { ...look, color: css(look.color), time: mark.time, text: mark.label, id: mark.kind, size: 1.4 };
        }),
    );
    for (const { kind, line: priceLine } of this.lines) priceLine.applyOptions({ color: css(LINE_COLORS[kind]) });
  }

  frame() {
    const scale = this.chart.timeScale();
    const last = this.candles.length - 1;
    const trigger = this.candles.findIndex(({ time }) => time === this.setup.focus);
    const [from, to] =
      trigger < 0
        ? [last - 2 * BARS_AROUND_TRIGGER.after, last]
        : [trigger - BARS_AROUND_TRIGGER.before, Math.max(this.lastMark(), trigger + BARS_AROUND_TRIGGER.after)];
    scale.setVisibleLogicalRange({ from: Math.max(0, from), to: Math.min(last, to) + 3 });
  }

  lastMark() {
    const times = this.setup.marks.map(({ time }) => time).filter((time) => this.byTime.has(time));
    const index = this.candles.findIndex(({ time }) => time === times.at(-1));
    return index < 0 ? 0 : index + 10;
  }

  writeLegend(candle = this.candles.at(-1)) {
    const { labels } = this.setup;
    const parts = [[labels.time, localText(new Date(candle.time * 1000))]];
    for (const name of ["open", "high", "low", "close", "volume"]) parts.push([labels[name], plain(candle[name])]);
    this.legend.replaceChildren(
      ...parts.map(([label, text]) => {
        const item = document.createElement("span");
        const value = document.createElement("b");
        value.textContent = text;
        item.append(`${label} `, value);
        return item;
      }),
    );
  }

  onKey(event) {
    if (!this.chart) return;
    const scale = this.chart.timeScale();
    const range = scale.getVisibleLogicalRange();
    const width = range.to - range.from;
    const moves = {
      ArrowLeft: [-width / 10, -width / 10],
      ArrowRight: [width / 10, width / 10],
      "+": [width / 8, -width / 8],
      "=": [width / 8, -width / 8],
      "-": [-width / 6, width / 6],
    };
    const move = moves[event.key];
    if (!move) return;
    event.preventDefault();
    scale.setVisibleLogicalRange({ from: range.from + move[0], to: range.to + move[1] });
  }
}

// Whole part in groups of three, every decimal kept.
function plain(text) {
  const [whole, fraction] = text.split(".");
  const grouped = whole.replace(/\B(?=(\d{3})+$)/g, ",");
  return fraction ? `${grouped}.${fraction}` : grouped;
}

// Axis labels in the viewer's zone; types 0 to 2 are year, month and day.
function tickText(time, type) {
  const date = new Date(time * 1000);
  const full = localText(date);
  if (type === 0) return full.slice(0, 4);
  if (type === 1) return full.slice(0, 7);
  return type === 2 ? full.slice(5, 10) : full.slice(11);
}

for (const figure of document.querySelectorAll("figure[data-chart]")) {
  const chart = new CandleChart(figure);
  figure.candleChart = chart; // lets tests compare what is drawn with the database
  chart.load();
}
