// The data of a chart, as the server writes them: `view/figure.rs`.

export interface Chart {
  kind: "lines" | "steps" | "bars";
  lang: string;
  labels: string[] | null;
  titles: string[] | null;
  xName: string | null;
  percent: boolean;
  fromZero: boolean;
  logFrom?: number;
  marked?: boolean[];
  series: Series[];
}

export interface Series {
  name: string;
  tone: string;
  x?: number[];
  values: (number | null)[];
  low?: (number | null)[];
  high?: (number | null)[];
  written?: string[];
  unsettled?: boolean[];
}
