// What every test shares: the pages, the languages, and a watch on everything the browser complains of.

import AxeBuilder from "@axe-core/playwright";
import { type APIRequestContext, type Page, expect, test as base } from "@playwright/test";

export const PAGES = [
  { path: "/", name: "barometer" },
  { path: "/alarm", name: "alarm" },
  { path: "/events", name: "events" },
  { path: "/cohorts", name: "cohorts" },
  { path: "/survival", name: "survival" },
  { path: "/method", name: "method" },
  { path: "/method/did", name: "method-did" },
] as const;

export const LANGUAGES = ["fr", "en"] as const;
export const WIDTHS = [1280, 390] as const;
export const SHOTS = process.env.FIDANCE_E2E_SHOTS;

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

/** The page is as wide as the screen, and axe finds nothing, with the tables closed and open. */
export async function isSound(page: Page): Promise<void> {
  const overflow = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
  expect(overflow, "horizontal overflow").toBeLessThanOrEqual(0);
  for (const open of [false, true]) {
    await page.evaluate((open) => document.querySelectorAll("details").forEach((details) => (details.open = open)), open);
    const { violations } = await new AxeBuilder({ page }).analyze();
    expect(violations.map(({ id, nodes }) => [id, nodes.map(({ html }) => html)])).toEqual([]);
  }
  await page.evaluate(() => document.querySelectorAll("details").forEach((details) => (details.open = false)));
}

/** An alarm as scripts see it. */
export interface Alarm {
  id: string;
  series: "returns" | "retention";
  onset: { earliest: string; latest: string };
}

/** The alarms of the demo, the latest first. */
export async function alarms(request: APIRequestContext): Promise<Alarm[]> {
  const answer = await request.get("/api/v1/watch");
  expect(answer.status()).toBe(200);
  return ((await answer.json()) as { alarms: Alarm[] }).alarms;
}

export { expect };
