/** Dates as keys of a group. */

import { describe, expect, it } from "vitest";
import { compileDateFormat } from "../../lib/stat/date-format.ts";

const date = new Date("2024-05-09T07:08:05.042Z");

describe("a formatted date", () => {
  it.each<readonly [string, string | number]>([
    ["year", 2024],
    ["month", 5],
    ["day", 9],
    ["hour", "hour"],
    ["%Y-%m-%d", "2024-05-09"],
    ["%H:%M:%S.%L", "07:08:05.042"],
    ["%j", "130"],
    ["%w %u", "5 4"],
    ["%U %V %G", "18 19 2024"],
    ["%z|%Z", "+0000|+0"],
    ["100%% %Y년", "100% 2024년"],
    ["%d\n%d", "09\n09"],
  ])("with the format %j is %j", (format, expected) => {
    expect(compileDateFormat(format)(date)).toBe(expected);
  });

  it.each([
    ["2023-01-01", "2023-01-01 001 00 -> 01, 2022-W52-7"],
    ["2022-12-31", "2022-12-31 365 00 -> 52, 2022-W52-6"],
    ["2021-01-03", "2021-01-03 003 00 -> 01, 2020-W53-7"],
    ["2018-12-31", "2018-12-31 365 00 -> 52, 2019-W01-1"],
    ["2000-02-29", "2000-02-29 060 00 -> 09, 2000-W09-2"],
    ["0099-03-01", "0099-03-01 060 00 -> 09, 0099-W09-7"],
  ])("is right at the edges of years and weeks: %s", (day, expected) => {
    expect(compileDateFormat("%Y-%m-%d %j %H -> %U, %G-W%V-%u")(new Date(`${day}T00:00:00Z`))).toBe(expected);
  });

  it("is null for null and missing values, and an error for a value that is not a date", () => {
    expect([null, undefined].map(compileDateFormat("%Y"))).toEqual([null, null]);
    expect(() => compileDateFormat("year")("2024")).toThrow(
      "Database query failed. (reason = date_format applies to dates only)",
    );
  });

  it.each(["%", "%Q", "%%%", "%Y-%é", "%b", "%-d", "x".repeat(256)])("has no format %j", (format) => {
    expect(() => compileDateFormat(format)).toThrow(expect.objectContaining({ code: "ERROR_DB_QUERY" }));
  });
});
