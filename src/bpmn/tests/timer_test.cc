// Timer definitions: ISO 8601 and cron, as tables.
#include "bpmn/timer.h"

#include <gtest/gtest.h>

namespace baton::bpmn {
namespace {

constexpr TimeMs kNow{1'700'000'000'000};  // 2023-11-14T22:13:20Z, a Tuesday

TimeMs date(std::string_view text) {
  const auto time = parse_timer_date(text);
  EXPECT_TRUE(time) << text;
  return time ? *time : TimeMs(0);
}

struct DurationCase {
  const char* text;
  std::int64_t months;
  std::int64_t ms;
};
constexpr DurationCase kDurations[] = {
    {"PT1S", 0, 1000},
    {"PT0.25S", 0, 250},
    {"PT1,5S", 0, 1500},
    {"PT36H", 0, 129'600'000},
    {"P1Y2M3W4DT5H6M7.008S", 14, ((3 * 7 + 4) * 86'400LL + 5 * 3600 + 6 * 60 + 7) * 1000 + 8},
    {"-P1DT1S", 0, -86'401'000},
    {"+PT1M", 0, 60'000},
    {" P0D ", 0, 0},
};

TEST(TimerDuration, IsRead) {
  for (const auto& test : kDurations) {
    const auto interval = parse_timer_duration(test.text);
    ASSERT_TRUE(interval) << test.text;
    EXPECT_EQ(interval->months, test.months) << test.text;
    EXPECT_EQ(interval->ms, test.ms) << test.text;
  }
}

TEST(TimerDuration, IsRefused) {
  for (const char* text : {"", "P", "PT", "P1DT", "1D", "P1S", "PT1D", "P1.5D", "PT1.S", "PT1S1S", "P1D1Y", "PT1",
                           "P-1D", "P99999999999999999999D", "P9999999999Y", "PT1Sx", "P1DT1HT1M"})
    EXPECT_FALSE(parse_timer_duration(text)) << text;
}

TEST(TimerDate, ZonesCount) {
  EXPECT_EQ(date("2023-11-14T22:13:20Z"), kNow);
  EXPECT_EQ(date("2023-11-14T23:13:20+01:00"), kNow);
  EXPECT_EQ(date("2023-11-14T23:13:20[Europe/Berlin]"), kNow);
  EXPECT_EQ(date("2023-11-14T17:13:20.000-05:00[America/New_York]"), kNow);
  for (const char* text : {"", "2023-11-14", "2023-11-14Z", "2023-11-14T22:13:20", "2023-13-14T22:13:20Z", "22:13:20Z",
                           "2023-11-14T22:13:20[Nowhere/City]", "2023-11-14T22:13:20[Europe/Berlin", "tomorrow"})
    EXPECT_FALSE(parse_timer_date(text)) << text;
}

TEST(TimerInterval, MonthsFollowTheCalendar) {
  EXPECT_EQ(add_interval(date("2024-01-31T12:00:00Z"), {1, 0}), date("2024-02-29T12:00:00Z"));
  EXPECT_EQ(add_interval(date("2023-12-15T00:00:00Z"), {13, 1000}), date("2025-01-15T00:00:01Z"));
  EXPECT_EQ(add_interval(date("2024-03-31T00:00:00Z"), {-1, 0}), date("2024-02-29T00:00:00Z"));
}

TEST(TimerCycle, IsRead) {
  const auto endless = parse_timer_cycle("R/PT1H");
  ASSERT_TRUE(endless);
  EXPECT_EQ(endless->repetitions, -1);
  EXPECT_FALSE(endless->start);
  EXPECT_EQ(parse_timer_cycle("R-1/PT1H")->repetitions, -1);
  EXPECT_EQ(parse_timer_cycle("R0/PT1H")->repetitions, 0);
  const auto started = parse_timer_cycle("R3/2022-04-27T17:20:00Z/P1D");
  ASSERT_TRUE(started);
  EXPECT_EQ(started->repetitions, 3);
  EXPECT_EQ(*started->start, date("2022-04-27T17:20:00Z"));
  EXPECT_TRUE(parse_timer_cycle("R2//PT1S"));
  for (const char* text : {"", "R", "R3", "R3/", "R3/PT0S", "R3/-PT1S", "Rx/PT1S", "R99999999999/PT1S", "R3/x/PT1S",
                           "R3/2022-04-27T17:20:00Z/", "PT1S"})
    EXPECT_FALSE(parse_timer_cycle(text)) << text;
}

TEST(TimerCycle, IsDueInItsRaster) {
  const auto due = [](const char* text) { return first_due(*parse_timer_cycle(text), kNow); };
  EXPECT_EQ(due("R3/PT10S"), kNow + 10'000);
  EXPECT_EQ(due("R0/PT10S"), std::nullopt);
  EXPECT_EQ(due("R/2023-11-14T23:00:00Z/P1D"), date("2023-11-14T23:00:00Z"));
  EXPECT_EQ(due("R/2023-11-01T06:00:00Z/P1D"), date("2023-11-15T06:00:00Z"));
  EXPECT_EQ(due("R/2023-11-14T22:13:20Z/P1D"), kNow) << "exactly now";
  EXPECT_EQ(due("R/2023-01-31T00:00:00Z/P1M"), date("2023-11-30T00:00:00Z"))
      << "counted from the start, not from February";
  EXPECT_EQ(next_due(*parse_timer_cycle("R/PT10S"), kNow), kNow + 10'000);
}

struct CronCase {
  const char* cron;
  const char* next;  // after kNow
};
constexpr CronCase kCrons[] = {
    {"* * * * * *", "2023-11-14T22:13:21Z"},
    {"0 * * * * *", "2023-11-14T22:14:00Z"},
    {"20 13 22 * * *", "2023-11-15T22:13:20Z"},
    {"*/15 * * * * *", "2023-11-14T22:13:30Z"},
    {"0 0 9-17 * * MON-FRI", "2023-11-15T09:00:00Z"},
    {"0 30 8 * * sat", "2023-11-18T08:30:00Z"},
    {"0 0 0 25 DEC ?", "2023-12-25T00:00:00Z"},
    {"0 0 0 L * *", "2023-11-30T00:00:00Z"},
    {"0 0 0 L-3 * *", "2023-11-27T00:00:00Z"},
    {"0 0 0 LW * *", "2023-11-30T00:00:00Z"},
    {"0 0 0 LW DEC *", "2023-12-29T00:00:00Z"},
    {"0 0 0 18W * *", "2023-11-17T00:00:00Z"},
    {"0 0 0 1W JUN *", "2024-06-03T00:00:00Z"},
    {"0 0 0 ? * 5L", "2023-11-24T00:00:00Z"},
    {"0 0 0 ? * MON#2", "2023-12-11T00:00:00Z"},
    {"0 0 0 ? * 7", "2023-11-19T00:00:00Z"},
    {"0 0 0 29 2 *", "2024-02-29T00:00:00Z"},
    {"0 0/20 12,18 * * *", "2023-11-15T12:00:00Z"},
    {"59 59 23 31 12 *", "2023-12-31T23:59:59Z"},
    {"@hourly", "2023-11-14T23:00:00Z"},
    {"@daily", "2023-11-15T00:00:00Z"},
    {"@midnight", "2023-11-15T00:00:00Z"},
    {"@weekly", "2023-11-19T00:00:00Z"},
    {"@monthly", "2023-12-01T00:00:00Z"},
    {"@yearly", "2024-01-01T00:00:00Z"},
};

TEST(Cron, IsDueNext) {
  for (const auto& test : kCrons) {
    const auto cron = parse_cron(test.cron);
    ASSERT_TRUE(cron) << test.cron << ": " << cron.error().message;
    const auto next = next_cron(*cron, kNow);
    ASSERT_TRUE(next) << test.cron;
    EXPECT_EQ(*next, date(test.next)) << test.cron;
  }
}

TEST(Cron, WhatNeverComesIsNeverDue) {
  EXPECT_FALSE(next_cron(*parse_cron("0 0 0 30 2 *"), kNow));
}

TEST(Cron, StepsWithinADayAndOverItsEnd) {
  const Cron cron = *parse_cron("10,50 58,59 23 * * *");
  TimeMs at = kNow;
  const char* const expected[] = {"2023-11-14T23:58:10Z", "2023-11-14T23:58:50Z", "2023-11-14T23:59:10Z",
                                  "2023-11-14T23:59:50Z", "2023-11-15T23:58:10Z"};
  for (const char* text : expected) {
    at = *next_cron(cron, at);
    EXPECT_EQ(at, date(text));
  }
}

TEST(Cron, IsRefused) {
  for (const char* text : {"",
                           "* * * * *",
                           "* * * * * * *",
                           "60 * * * * *",
                           "* 60 * * * *",
                           "* * 24 * * *",
                           "* * * 0 * *",
                           "* * * 32 * *",
                           "* * * * 13 *",
                           "* * * * * 8",
                           "*/0 * * * * *",
                           "5-1 * * * * *",
                           "a * * * * *",
                           "* * * * FOO *",
                           "* * * * * MON#6",
                           "* * * * * MON#",
                           "* * * L-40 * *",
                           "* * * W * *",
                           "@never",
                           "-1 * * * * *",
                           "1,, * * * * *"})
    EXPECT_FALSE(parse_cron(text)) << text;
}

}  // namespace
}  // namespace baton::bpmn
