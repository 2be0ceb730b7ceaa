/** Absolute and relative dates as callers write them. */

import { describe, expect, it } from "vitest";
import { parseDate, parseRelativeDate, resolveDate } from "../../lib/query/date.ts";

describe("an ISO 8601 date", () => {
  it.each([
    ["2023", "2023-01-01T00:00:00.000Z", false],
    ["2023-03", "2023-03-01T00:00:00.000Z", false],
    ["2023-W01", "2023-01-02T00:00:00.000Z", false],
    ["2023W52", "2023-12-25T00:00:00.000Z", false],
    ["2023-03-04", "2023-03-04T00:00:00.000Z", true],
    ["20230304", "2023-03-04T00:00:00.000Z", true],
    ["2020-W53-5", "2021-01-01T00:00:00.000Z", true],
    ["2009W011", "2008-12-29T00:00:00.000Z", true],
    ["2024-366", "2024-12-31T00:00:00.000Z", true],
    ["2023060", "2023-03-01T00:00:00.000Z", true],
    ["2023-03-04T05", "2023-03-04T05:00:00.000Z", true],
    ["2023-03-04T05:06", "2023-03-04T05:06:00.000Z", true],
    ["2023-03-04 05:06:07", "2023-03-04T05:06:07.000Z", true],
    ["2023-03-04_05:06:07.1", "2023-03-04T05:06:07.100Z", true],
    ["20230304T050607,123456", "2023-03-04T05:06:07.123Z", true],
    ["2023-03-04T05:06:07.9999999Z", "2023-03-04T05:06:07.999Z", true],
    ["2023-03-04T05:06:07z", "2023-03-04T05:06:07.000Z", true],
    ["2023-03-04T00:00+09:00", "2023-03-03T15:00:00.000Z", true],
    ["2023-03-04T00:00:00-0530", "2023-03-04T05:30:00.000Z", true],
    ["2023-03-04T00+01", "2023-03-03T23:00:00.000Z", true],
    ["2023-W10-6T12:00", "2023-03-11T12:00:00.000Z", true],
    ["2023-12-31T24:00", "2024-01-01T00:00:00.000Z", true],
    ["0001-01-01", "0001-01-01T00:00:00.000Z", true],
    ["0099-12-31", "0099-12-31T00:00:00.000Z", true],
    ["9999-12-31T23:59:59.999", "9999-12-31T23:59:59.999Z", true],
  ])("%s is %s", (text, expected, isWhole) => {
    expect(parseDate(text)).toEqual({ date: new Date(expected), isWhole });
  });

  it.each([
    "",
    "yesterday",
    "2023/01/01",
    "202301",
    "23-01-01",
    "2023-1-1",
    "2023-13",
    "2023-00-01",
    "2023-02-29",
    "2023-04-31",
    "2023-W00",
    "2023-W54-1",
    "2023-W10-0",
    "2023-W10-8",
    "2023-366",
    "2023-000",
    "2023-01-0112:00",
    "2023-01T12:00",
    "2023-01-01T",
    "2023-01-01Z",
    "2023-01-01T1",
    "2023-01-01T12:60",
    "2023-01-01T12:00:60",
    "2023-01-01T24:01",
    "2023-01-01T25:00",
    "2023-01-01T12:3456",
    "2023-01-01T12:00+24:00",
    "2023-01-01T12:00+01:60",
    "2023-01-01T12:00:00.",
    "2023-01-01T12:00.5",
    " 2023-01-01",
    "2023-01-01 ",
    "2023-01-01T12:00 Z",
    "０２０２３-01-01",
    "0000-01-01",
    "0001-01-01T00:00+01:00",
    "9999-12-31T24:00",
    "10000-01-01",
  ])("%j is not a date", (text) => {
    expect(parseDate(text)).toBeUndefined();
  });
});

describe("a date relative to now", () => {
  /** A Wednesday. */
  const now = new Date("2024-05-15T10:20:30.400Z");

  it.each([
    ["now", "2024-05-15T10:20:30.400Z"],
    ["  now  ", "2024-05-15T10:20:30.400Z"],
    ["now/d", "2024-05-15T00:00:00.000Z"],
    ["now/w", "2024-05-13T00:00:00.000Z"],
    ["now/m", "2024-05-01T00:00:00.000Z"],
    ["now-30s", "2024-05-15T10:20:00.400Z"],
    ["now+5m", "2024-05-15T10:25:30.400Z"],
    ["now - 1h", "2024-05-15T09:20:30.400Z"],
    [" now/d - 1w ", "2024-05-08T00:00:00.000Z"],
    ["now/m-1d", "2024-04-30T00:00:00.000Z"],
    ["now/w +0d", "2024-05-13T00:00:00.000Z"],
  ])("%j is %s", (text, expected) => {
    const relative = parseRelativeDate(text);

    expect(relative && resolveDate(relative, now)).toEqual(new Date(expected));
  });

  it.each([
    ["2024-05-13T00:00:00.000Z", "2024-05-13T00:00:00.000Z"],
    ["2024-05-19T23:59:59.999Z", "2024-05-13T00:00:00.000Z"],
    ["2024-03-02T00:00:00.000Z", "2024-02-26T00:00:00.000Z"],
  ])("the week of %s began on %s", (moment, monday) => {
    expect(resolveDate({ base: "now/w", offsetMs: 0 }, new Date(moment))).toEqual(new Date(monday));
  });

  it.each([
    "",
    "now-",
    "now-d",
    "now-1y",
    "now-1",
    "now/y",
    "now/h",
    "now--1d",
    "now-1.5d",
    "now -1d -1d",
    "NOW",
    "1d",
    "now|1d",
    "now  -1d",
    "now-1D",
    "nowd",
    "now/d-1d/h",
  ])("%j is not a date", (text) => {
    expect(parseRelativeDate(text)).toBeUndefined();
  });

  it.each(["now-999999w", "now+99999999999999999999d"])("%s is outside the years that rows can have", (text) => {
    const relative = parseRelativeDate(text);

    expect(() => relative && resolveDate(relative, now)).toThrow(
      expect.objectContaining({ code: "ERROR_DB_QUERY", message: expect.stringContaining("outside the years") }),
    );
  });
});
