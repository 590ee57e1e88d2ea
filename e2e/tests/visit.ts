// What every test shares: the pages, the languages, and a watch on everything the browser complains of.

import { type Page, expect, test as base } from "@playwright/test";

export const PAGES = [
  { path: "/", name: "barometer" },
  { path: "/cohorts", name: "cohorts" },
  { path: "/survival", name: "survival" },
] as const;

export const LANGUAGES = ["fr", "en"] as const;

/** A test that fails on any console message of weight, page error, or request that leaves the machine. */
export const test = base.extend<{ complaints: string[] }>({
  complaints: [
    async ({ page, baseURL }, use) => {
      const complaints: string[] = [];
      page.on("console", (message) => {
        if (message.type() === "error" || message.type() === "warning") complaints.push(message.text());
      });
      page.on("pageerror", (error) => complaints.push(error.message));
      page.on("request", (request) => {
        const address = request.url();
        if (!address.startsWith(baseURL ?? "") && !address.startsWith("data:")) complaints.push(`asked for ${address}`);
      });
      await use(complaints);
      expect(complaints).toEqual([]);
    },
    { auto: true },
  ],
});

/** Charts are drawn once their SVG has a path with some length. */
export async function chartsAreDrawn(page: Page): Promise<void> {
  const charts = page.locator("[data-chart]");
  for (let index = 0; index < (await charts.count()); index++) {
    await expect(charts.nth(index).locator("svg path").first()).toBeAttached();
  }
}

export { expect };
