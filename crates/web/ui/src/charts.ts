// Draws the charts of a page from the JSON beside them.
//
// Colours are names of the style sheet's tokens (`var(--accent)`), which SVG resolves by itself: light, dark
// and paper need no second drawing. Nothing moves, so nobody has to ask for less motion.

import { BarChart, CustomChart, LineChart } from "echarts/charts";
import { AriaComponent, GridComponent, TooltipComponent } from "echarts/components";
import { init, use, type EChartsType } from "echarts/core";
import { SVGRenderer } from "echarts/renderers";
import { bars } from "./bars";
import { lines } from "./lines";
import type { Chart } from "./model";

use([AriaComponent, BarChart, CustomChart, GridComponent, LineChart, SVGRenderer, TooltipComponent]);

const drawn: EChartsType[] = [];

/** Draws every chart of the page. A page without them loads nothing else. */
export function drawCharts(): void {
  for (const place of document.querySelectorAll<HTMLElement>("[data-chart]")) {
    const data = document.getElementById(place.dataset.chart ?? "")?.textContent;
    const chart = data ? (JSON.parse(data) as Chart | null) : null;
    if (chart) draw(place, chart);
  }
}

function draw(place: HTMLElement, chart: Chart): void {
  const view = init(place, null, { renderer: "svg" });
  const show = (): void => {
    const narrow = place.clientWidth < 560;
    view.setOption(chart.kind === "bars" ? bars(chart, narrow) : lines(chart, narrow), { notMerge: true });
  };
  show();
  let width = place.clientWidth;
  new ResizeObserver(() => {
    if (place.clientWidth === width || place.clientWidth === 0) return;
    width = place.clientWidth;
    view.resize();
    show();
  }).observe(place);
  drawn.push(view);
}

/** Gives every chart a width in pixels, or its place's own. */
export function fitCharts(width?: number): void {
  for (const view of drawn) view.resize({ width: width ?? "auto" });
}
