// The alarms of the demo shop: from the notice to the diagnosis, by pointer and keyboard, and without scripts.
//
// What the demo is expected to hold: an alarm on returns whose weeks of onset are around 13 March 2025, when the
// copied database became known; its list of affected customers; five events in the register.

import AxeBuilder from "@axe-core/playwright";
import { type Alarm, LANGUAGES, SHOTS, WIDTHS, alarms, chartsAreDrawn, expect, isSound, test } from "./visit";

const BREACH = { title: "Customer database copied", from: "2025-03-03", to: "2025-03-31" };

/** The alarm that the breach raised. */
function ofBreach(all: Alarm[]): Alarm {
  const found = all.find(({ series, onset }) => series === "returns" && onset.earliest <= BREACH.to && onset.latest >= BREACH.from);
  if (!found) throw new Error(`no alarm of returns begins around the breach: ${JSON.stringify(all)}`);
  return found;
}

for (const language of LANGUAGES) {
  for (const width of WIDTHS) {
    test(`the diagnosis in ${language} at ${width}`, async ({ page, request }) => {
      const { id } = ofBreach(await alarms(request));
      await page.setViewportSize({ width, height: 900 });
      await page.goto(`/alarm/${id}?lang=${language}`);
      await expect(page.locator("html")).toHaveAttribute("lang", language);
      await expect(page.locator("h1")).toHaveCount(1);
      await chartsAreDrawn(page);
      await isSound(page);
      if (SHOTS) await page.screenshot({ path: `${SHOTS}/diagnosis-${language}-${width}.png`, fullPage: true });
    });
  }
}

test("the diagnosis in the dark has the same contrast", async ({ page, request }) => {
  const { id } = ofBreach(await alarms(request));
  await page.emulateMedia({ colorScheme: "dark" });
  await page.goto(`/alarm/${id}`);
  await chartsAreDrawn(page);
  const { violations } = await new AxeBuilder({ page }).analyze();
  expect(violations.map(({ id, nodes }) => [id, nodes.map(({ html }) => html)])).toEqual([]);
});

test("the diagnosis fits 360 pixels", async ({ page, request }) => {
  const { id } = ofBreach(await alarms(request));
  await page.setViewportSize({ width: 360, height: 740 });
  await page.goto(`/alarm/${id}?lang=fr`);
  expect(await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)).toBeLessThanOrEqual(0);
});

test("the breach is among the events that come into question, with its list", async ({ page, request }) => {
  const { id } = ofBreach(await alarms(request));
  await page.goto(`/alarm/${id}?lang=en`);
  const cause = page.getByRole("listitem").filter({ has: page.getByRole("heading", { name: BREACH.title }) });
  await expect(cause).toContainText("disclosed on 13");
  await expect(cause).toContainText("Customers on its list");
  await expect(cause.getByRole("img").first()).toBeVisible();
});

test("every alarm of the list leads to its diagnosis and back, by the keyboard", async ({ page, request }) => {
  const all = await alarms(request);
  await page.goto("/alarm?lang=en");
  await expect(page.locator(".alarm")).toHaveCount(all.length);
  await page.locator(".alarm").first().getByRole("link").focus();
  await page.keyboard.press("Enter");
  await expect(page).toHaveURL(new RegExp(`/alarm/${all[0]?.id}`));
  const bar = page.getByRole("navigation", { name: "Pages" });
  await expect(bar.getByRole("link", { name: "Alarm" })).toHaveAttribute("aria-current", "true");
  await page.locator(".eyebrow").getByRole("link").focus();
  await page.keyboard.press("Enter");
  await expect(page).toHaveURL(/\/alarm$/);
});

test("the pointer is told what was observed and what was expected", async ({ page }) => {
  await page.goto("/alarm?lang=en");
  await chartsAreDrawn(page);
  const chart = page.locator("#chart-watch");
  await chart.scrollIntoViewIfNeeded();
  await chart.hover();
  await expect(chart.locator(".tip strong")).toContainText("week of");
  await expect(chart.locator(".tip")).toContainText("Expected");
});

test("every event of the register has its row", async ({ page, request }) => {
  const answer = await request.get("/api/v1/events");
  const { events } = (await answer.json()) as { events: { event: { title: string } }[] };
  expect(events.length).toBeGreaterThanOrEqual(5);
  await page.goto("/events?lang=en");
  await expect(page.locator(".event")).toHaveCount(events.length);
  for (const { event } of events) await expect(page.getByRole("heading", { name: event.title })).toBeVisible();
});

test("figures lead to how they are computed, and from there to what was measured", async ({ page, request }) => {
  const { id } = ofBreach(await alarms(request));
  await page.goto(`/alarm/${id}?lang=en`);
  const cause = page.getByRole("listitem").filter({ has: page.getByRole("heading", { name: BREACH.title }) });
  await cause.getByText("Figures").last().click();
  await cause.getByRole("link", { name: "difference in differences" }).click();
  await expect(page).toHaveURL(/\/method\/did$/);
  await expect(page.getByRole("heading", { level: 1 })).toContainText("Difference in differences");
  await page.getByRole("link", { name: "results/causal" }).first().click();
  await expect(page).toHaveURL(/\/method\/results\/causal/);
  await page.locator(".eyebrow").getByRole("link").click();
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("How figures are computed");
});

test("the figures of an effect open by the keyboard", async ({ page }) => {
  await page.goto("/events?lang=en");
  const details = page.locator(".event details").first();
  await details.locator("summary").focus();
  await page.keyboard.press("Enter");
  await expect(details.locator("dl")).toBeVisible();
});

test("an alarm that does not exist is a page that says so", async ({ request }) => {
  const answer = await request.get("/alarm/returns-2020-01-06", { headers: { "accept-language": "en" } });
  expect(answer.status()).toBe(404);
  expect(await answer.text()).toContain("There is no such alarm");
});

test.describe("without scripts", () => {
  test.use({ javaScriptEnabled: false });

  test("the diagnosis shows its figures", async ({ page, request }) => {
    const { id } = ofBreach(await alarms(request));
    await page.goto(`/alarm/${id}?lang=en`);
    for (const part of await page.locator("table, .effect dl").all()) await expect(part).toBeVisible();
    for (const chart of await page.locator("[data-chart]").all()) await expect(chart).toBeHidden();
  });
});
