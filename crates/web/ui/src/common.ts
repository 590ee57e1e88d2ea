// What lines and bars share: axes, room, and the box that follows the pointer.

import type { EChartsCoreOption } from "echarts/core";
import type { Chart, Series } from "./model";

export const FONT = '"Inter Variable", system-ui, sans-serif';

/** The colour of a tone, by the name of its token. */
export function colour(tone: string): string {
  return `var(--${tone})`;
}

export function base(chart: Chart, narrow: boolean): EChartsCoreOption {
  const text = { color: "var(--soft)", fontFamily: FONT, fontSize: 12 };
  const number = new Intl.NumberFormat(chart.lang, chart.percent ? { style: "percent", maximumFractionDigits: 1 } : {});
  const category = chart.labels !== null;
  return {
    animation: false,
    textStyle: { fontFamily: FONT },
    grid: { left: 4, right: narrow ? 26 : 18, top: 14, bottom: chart.xName ? 26 : 4, containLabel: true },
    xAxis: {
      type: category ? "category" : "value",
      ...(category ? { data: chart.labels } : { min: 0, max: "dataMax" }),
      boundaryGap: category ? chart.kind === "bars" : undefined,
      name: chart.xName ?? undefined,
      nameLocation: "middle",
      nameGap: 30,
      nameTextStyle: text,
      axisLine: { show: true, onZero: false, lineStyle: { color: "var(--line-strong)" } },
      axisTick: { show: false },
      splitLine: { show: false },
      axisLabel: {
        ...text,
        hideOverlap: true,
        showMaxLabel: category ? null : false,
        ...(category && chart.kind === "lines" ? { alignMinLabel: "left", alignMaxLabel: "right" } : {}),
        margin: 10,
        ...(category ? {} : { formatter: (value: number) => new Intl.NumberFormat(chart.lang).format(value) }),
      },
      axisPointer: { lineStyle: { color: "var(--line-strong)", type: "solid" }, shadowStyle: { color: "var(--line)", opacity: 0.45 } },
    },
    yAxis: {
      type: chart.logFrom === undefined ? "value" : "log",
      ...(chart.logFrom === undefined ? { scale: !chart.fromZero } : { min: chart.logFrom }),
      ...(chart.percent ? span(chart, narrow ? 4 : 5) : {}),
      splitNumber: narrow ? 3 : 5,
      axisLine: { show: false },
      axisTick: { show: false },
      splitLine: { lineStyle: { color: "var(--line)" } },
      axisLabel: { ...text, formatter: (value: number) => number.format(chart.kind === "bars" ? Math.abs(value) : value) },
    },
    tooltip: {
      trigger: "axis",
      confine: true,
      transitionDuration: 0,
      className: "tip",
      axisPointer: { type: chart.kind === "bars" ? "shadow" : "line", animation: false },
      formatter: (shown: unknown) => tip(chart, shown),
    },
  };
}

/**
 * The span of a value axis of shares. A period that is not over yet would squeeze all others flat, so the
 * axis spans the settled ones; and no share is above 100 %.
 */
function span({ series, fromZero }: Chart, parts: number): { min?: number; max?: number; interval?: number } {
  const settled = series.flatMap(({ values, low, high, unsettled }) =>
    values.flatMap((value, index) => (unsettled?.[index] ? [] : [value, low?.[index], high?.[index]])),
  );
  const all = settled.some((value) => value != null) ? settled : series.flatMap(({ values }) => values);
  const numbers = all.filter((value) => value != null);
  if (numbers.length === 0) return {};
  const least = fromZero ? 0 : Math.min(...numbers);
  const most = Math.max(...numbers);
  const wanted = Math.max(most - least, 0.05) / parts;
  const interval = [0.005, 0.01, 0.02, 0.05, 0.1, 0.2].find((step) => step >= wanted) ?? 0.25;
  return {
    min: round(Math.max(0, Math.floor(least / interval + 1e-9) * interval)),
    max: round(Math.min(1, Math.ceil(most / interval - 1e-9) * interval)),
    interval,
  };
}

function round(share: number): number {
  return Math.round(share * 1000) / 1000;
}

interface Shown {
  axisValue?: number | string;
  dataIndex: number;
}

/** The box at the pointer, built of elements: text of the data never becomes markup. */
function tip(chart: Chart, shown: unknown): HTMLElement {
  const first = (Array.isArray(shown) ? shown[0] : shown) as Shown | undefined;
  const box = document.createElement("div");
  if (!first) return box;
  const title = document.createElement("strong");
  title.textContent = chart.titles?.[first.dataIndex] ?? xTitle(chart, Number(first.axisValue));
  box.append(title);
  for (const series of chart.kind === "lines" ? [...chart.series].reverse() : chart.series) {
    const index = series.x ? lastAtMost(series.x, Number(first.axisValue)) : first.dataIndex;
    if (index < 0 || series.values[index] == null) continue;
    box.append(line(chart, series, index));
  }
  return box;
}

function xTitle(chart: Chart, x: number): string {
  const number = new Intl.NumberFormat(chart.lang, { maximumFractionDigits: 0 }).format(x);
  return chart.xName ? `${chart.xName}\u00a0: ${number}`.replace("\u00a0:", chart.lang === "fr" ? "\u00a0:" : ":") : number;
}

function line(chart: Chart, series: Series, index: number): HTMLElement {
  const row = document.createElement("div");
  const key = document.createElement("span");
  key.className = `key ${chart.kind === "bars" ? "block" : "line"} ${series.tone}`;
  const name = document.createElement("span");
  name.textContent = series.name;
  const value = document.createElement("span");
  value.textContent = series.written?.[index] ?? String(series.values[index]);
  row.append(key, name, value);
  return row;
}

/** Position of the last element that is at most `limit`; a step holds until the next one. */
function lastAtMost(sorted: number[], limit: number): number {
  let found = -1;
  for (const [index, value] of sorted.entries()) {
    if (value > limit) break;
    found = index;
  }
  return found;
}
