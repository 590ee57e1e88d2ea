// Bars in layers: above zero who is there, below zero who left; what is not settled is hatched.

import type { EChartsCoreOption } from "echarts/core";
import { base, colour } from "./common";
import type { Chart, Series } from "./model";

export function bars(chart: Chart, narrow: boolean): EChartsCoreOption {
  return { ...base(chart, narrow), series: chart.series.map(layer) };
}

function layer({ name, tone, values, unsettled }: Series): object {
  return {
    name,
    type: "bar",
    stack: "flows",
    barCategoryGap: "24%",
    barMaxWidth: 40,
    data: values.map((value, index) =>
      unsettled?.[index]
        ? { value, itemStyle: { opacity: 0.55, decal: { symbol: "rect", color: "var(--paper)", dashArrayX: [1, 0], dashArrayY: [3, 4], rotation: -Math.PI / 4 } } }
        : { value },
    ),
    itemStyle: { color: colour(tone) },
    emphasis: { disabled: true },
  };
}
