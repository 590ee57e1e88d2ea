// How people use the pages: by form, by keyboard, by pointer, with old links, and without scripts.

import { PAGES, chartsAreDrawn, expect, test } from "./visit";

test("the form changes the periods", async ({ page }) => {
  await page.goto("/?lang=en");
  await page.getByLabel("Periods").selectOption("quarter");
  await page.waitForURL(/every=quarter/);
  await expect(page.getByLabel("Periods")).toHaveValue("quarter");
  await page.getByRole("navigation", { name: "Pages" }).getByRole("link", { name: "Cohorts" }).click();
  await expect(page).toHaveURL(/\/cohorts\?every=quarter/);
  await expect(page.getByLabel("Periods")).toHaveValue("quarter");
});

test("with the keyboard the button sends the form", async ({ page }) => {
  await page.goto("/?lang=en");
  await page.getByLabel("Periods").focus();
  await page.keyboard.press("ArrowDown");
  await expect(page).toHaveURL(/\/\?lang=en$/);
  await page.getByRole("button", { name: "Show" }).focus();
  await page.keyboard.press("Enter");
  await page.waitForURL(/every=quarter/);
});

test("the first stop of the keyboard skips the bar", async ({ page }) => {
  await page.goto("/?lang=en");
  await page.keyboard.press("Tab");
  const skip = page.getByRole("link", { name: "Skip to the content" });
  await expect(skip).toBeFocused();
  await expect(skip).toBeInViewport();
  await page.keyboard.press("Enter");
  await expect(page.locator("main")).toBeFocused();
});

test("everything that acts is reached by the keyboard, and seen", async ({ page }) => {
  await page.goto("/?lang=en");
  const wanted = await page.locator("a, button, select, summary").count();
  const reached = new Set<string>();
  for (let stop = 0; stop < wanted + 12; stop++) {
    await page.keyboard.press("Tab");
    const focused = await page.evaluate(() => {
      const element = document.activeElement;
      if (!element || element === document.body) return null;
      const all = [...document.querySelectorAll("a, button, select, summary")];
      const { outlineStyle, outlineWidth } = getComputedStyle(element);
      return { index: all.indexOf(element), outline: outlineStyle !== "none" && outlineWidth !== "0px" };
    });
    if (focused === null) break;
    expect(focused.outline, `stop ${stop}`).toBe(true);
    if (focused.index >= 0) reached.add(String(focused.index));
  }
  expect(reached.size).toBe(wanted);
});

test("a table opens under its chart", async ({ page }) => {
  await page.goto("/?lang=en");
  const figure = page.locator("figure").first();
  await expect(figure.getByRole("table")).toBeHidden();
  await figure.getByText("Figures").click();
  await expect(figure.getByRole("table")).toBeVisible();
});

test("the pointer is told the figures of a chart", async ({ page }) => {
  await page.goto("/?lang=en");
  await chartsAreDrawn(page);
  const chart = page.locator("#chart-rate");
  await chart.scrollIntoViewIfNeeded();
  await chart.hover();
  await expect(chart.locator(".tip strong")).toBeVisible();
  await expect(chart.locator(".tip")).toContainText("%");
});

test("the language is remembered", async ({ page }) => {
  await page.goto("/cohorts?lang=en");
  await page.getByRole("link", { name: "Français" }).click();
  await expect(page.locator("html")).toHaveAttribute("lang", "fr");
  await page.goto("/survival");
  await expect(page.locator("html")).toHaveAttribute("lang", "fr");
});

test("segments are sorted by their headings", async ({ page }) => {
  await page.goto("/?lang=en");
  await page.getByRole("link", { name: "Sort by Retention rate" }).click();
  await expect(page).toHaveURL(/sort=rate#segments/);
  await expect(page.locator(".segments th[aria-sort]")).toContainText("Retention rate");
});

test("every way of counting cohorts has its table", async ({ page }) => {
  for (const name of ["Then or later", "Within a range", "Every time", "Active then"]) {
    await page.goto("/cohorts?lang=en");
    await page.getByRole("link", { name }).click();
    await expect(page.getByRole("link", { name })).toHaveAttribute("aria-current", "true");
    await expect(page.locator(".matrix tbody tr").first()).toBeVisible();
  }
});

test("paper shows every table", async ({ page }) => {
  await page.goto("/?lang=en");
  await chartsAreDrawn(page);
  await page.evaluate(() => dispatchEvent(new Event("beforeprint")));
  await expect(page.locator("details.data:not([open])")).toHaveCount(0);
  await page.evaluate(() => dispatchEvent(new Event("afterprint")));
  await expect(page.locator("details.data[open]")).toHaveCount(0);
});

test.describe("an address with a mistake", () => {
  for (const [path, status, words] of [
    ["/?every=year", 400, "The parameter “every” is “year”."],
    ["/nowhere", 404, "There is no such page"],
  ] as const) {
    test(path, async ({ request }) => {
      const answer = await request.get(path, { headers: { "accept-language": "en" } });
      expect(answer.status()).toBe(status);
      expect(await answer.text()).toContain(words);
    });
  }
});

test.describe("without scripts", () => {
  test.use({ javaScriptEnabled: false });

  for (const { path, name } of PAGES) {
    test(`${name} shows its tables`, async ({ page }) => {
      await page.goto(`${path}?lang=en`);
      await expect(page.locator("h1").first()).toBeVisible();
      for (const table of await page.locator("table").all()) await expect(table).toBeVisible();
      for (const chart of await page.locator("[data-chart]").all()) await expect(chart).toBeHidden();
    });
  }

  test("the form works by its button", async ({ page }) => {
    await page.goto("/?lang=en");
    await page.getByLabel("Periods").selectOption("quarter");
    await page.getByRole("button", { name: "Show" }).click();
    await expect(page).toHaveURL(/every=quarter/);
  });
});
