// Lines and steps: a value with its interval as a band; what is not settled is dashed.

import type { CustomSeriesRenderItemAPI, CustomSeriesRenderItemParams } from "echarts";
import type { EChartsCoreOption } from "echarts/core";
import { base, colour } from "./common";
import type { Chart, Series } from "./model";

type Point = [number, number];

export function lines(chart: Chart, narrow: boolean): EChartsCoreOption {
  const step = chart.kind === "steps";
  // Many bands over each other would be one fog.
  const bandOpacity = chart.series.length > 4 ? 0.07 : chart.series.length > 1 && step ? 0.13 : 0.2;
  const series = chart.series.flatMap((one) => [
    ...(one.low && one.high ? [band(one, step, bandOpacity)] : []),
    ...(one.unsettled?.includes(true) ? [unsettledLine(one)] : []),
    settledLine(one, step),
  ]);
  return { ...base(chart, narrow), series: [...(chart.marked?.includes(true) ? [ground(chart.marked)] : []), ...series] };
}

function settledLine(series: Series, step: boolean): object {
  const { unsettled, tone } = series;
  const last = lastSettled(series);
  const now = tone === "accent" && !step && !series.x;
  return {
    name: series.name,
    type: "line",
    step: step ? "end" : false,
    data: series.values.map((value, index) => ({
      value: at(series, index, unsettled?.[index] ? null : value),
      // The last settled value is the one the page speaks of.
      symbol: now && unsettled && index === last ? "circle" : "none",
      symbolSize: 9,
    })),
    connectNulls: false,
    itemStyle: { color: colour(tone) },
    lineStyle: { color: colour(tone), width: tone === "past" ? 1.5 : 2.25 },
    emphasis: { disabled: true },
    z: tone === "past" ? 2 : 4,
  };
}

/** The dashed line reaches the settled neighbours, so that the curve has no holes; a point without any is a ring. */
function unsettledLine(series: Series): object {
  const { unsettled = [], values, tone } = series;
  const dashed = values.map((value, index) =>
    unsettled[index] || unsettled[index - 1] || unsettled[index + 1] ? value : null,
  );
  return {
    name: series.name,
    type: "line",
    data: dashed.map((value, index) => ({
      value: at(series, index, value),
      symbol: tone === "accent" && isAlone(values, index) ? "circle" : "none",
      symbolSize: 9,
      itemStyle: { color: "var(--paper)", borderColor: colour(tone), borderWidth: 2 },
    })),
    // Else a chart of many weeks leaves it out.
    showAllSymbol: true,
    clip: !values.some((_, index) => isAlone(values, index)),
    lineStyle: { color: colour(tone), width: 2, type: [5, 5] },
    emphasis: { disabled: true },
    z: 3,
  };
}

function isAlone(values: (number | null)[], index: number): boolean {
  return values[index] != null && values[index - 1] == null && values[index + 1] == null;
}

/** The interval, as a closed shape for each run of values without a gap; around a value alone, a bar. */
function band(series: Series, step: boolean, opacity: number): object {
  const { low = [], high = [] } = series;
  const runs: { index: number; low: number; high: number }[][] = [[]];
  for (const [index] of series.values.entries()) {
    const bottom = low[index];
    const top = high[index];
    if (bottom == null || top == null) runs.push([]);
    else runs.at(-1)?.push({ index, low: bottom, high: top });
  }
  const x = (index: number): number => series.x?.[index] ?? index;
  const shapes = runs
    .filter((run) => run.length > 1)
    .map((run) => [
      ...stepped(run.map(({ index, high: y }): Point => [x(index), y]), step),
      ...stepped(run.map(({ index, low: y }): Point => [x(index), y]), step).reverse(),
    ]);
  const bars = runs.flatMap(([first, ...others]) => (first && others.length === 0 ? [first] : []));
  // The points only tell the axis how far the band reaches; the shapes are drawn once, with the first one.
  const reach = runs.flat().flatMap(({ index, low: bottom, high: top }) => [
    [x(index), bottom],
    [x(index), top],
  ]);
  return {
    name: series.name,
    type: "custom",
    silent: true,
    clip: bars.length === 0,
    z: 1,
    data: reach,
    tooltip: { show: false },
    renderItem: (params: CustomSeriesRenderItemParams, api: CustomSeriesRenderItemAPI) => ({
      type: "group",
      children:
        params.dataIndex === 0
          ? [...shapes.map((shape) => shape.map((point) => api.coord(point))), ...bars.map((one) => bar(one, api))].map(
              (points) => ({ type: "polygon", shape: { points }, style: { fill: colour(series.tone), opacity } }),
            )
          : [],
    }),
  };
}

function bar(one: { index: number; low: number; high: number }, api: CustomSeriesRenderItemAPI): number[][] {
  const [x = 0, top = 0] = api.coord([one.index, one.high]);
  const [, bottom = 0] = api.coord([one.index, one.low]);
  return [
    [x - 5, top],
    [x + 5, top],
    [x + 5, bottom],
    [x - 5, bottom],
  ];
}

/** A tinted ground behind each run of marked categories. */
function ground(marked: boolean[]): object {
  const runs: Point[] = [];
  for (const [index, is] of marked.entries()) {
    const last = runs.at(-1);
    if (!is) continue;
    if (last?.[1] === index - 1) last[1] = index;
    else runs.push([index, index]);
  }
  return {
    type: "custom",
    silent: true,
    z: 0,
    // Only the place matters; without a value the points say nothing to the value axis.
    data: marked.map((_, index) => [index, null]),
    tooltip: { show: false },
    renderItem: (params: CustomSeriesRenderItemParams, api: CustomSeriesRenderItemAPI) => {
      const { x, y, width, height } = params.coordSys as unknown as { x: number; y: number; width: number; height: number };
      const half = marked.length > 1 ? width / (marked.length - 1) / 2 : width;
      return {
        type: "group",
        children:
          params.dataIndex === 0
            ? runs.map(([from, to]) => {
                const left = Math.max(x, (api.coord([from, 0])[0] ?? x) - half);
                const right = Math.min(x + width, (api.coord([to, 0])[0] ?? x) + half);
                return { type: "rect", shape: { x: left, y, width: right - left, height }, style: { fill: colour("lost"), opacity: 0.12 } };
              })
            : [],
      };
    },
  };
}

/** A step holds its value until the next one. */
function stepped(points: Point[], step: boolean): Point[] {
  if (!step) return points;
  return points.flatMap((point, index): Point[] => {
    const before = points[index - 1];
    return before ? [[point[0], before[1]], point] : [point];
  });
}

function at(series: Series, index: number, value: number | null): number | null | (number | null)[] {
  return series.x ? [series.x[index] ?? null, value] : value;
}

function lastSettled({ values, unsettled }: Series): number {
  return values.findLastIndex((value, index) => value != null && !unsettled?.[index]);
}
