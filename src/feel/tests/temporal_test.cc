#include "feel/temporal.h"

#include "feel/tests/test_support.h"
#include "feel/zone.h"

namespace baton::feel::testing {
namespace {

TEST(Temporal, CalendarAgreesWithItself) {
  std::int64_t day = days_from_date({1899, 12, 31});
  for (int year = 1900; year <= 2100; ++year) {
    for (int month = 1; month <= 12; ++month) {
      for (int d = 1; d <= days_in_month(year, month); ++d) {
        const Date date{year, static_cast<std::uint8_t>(month), static_cast<std::uint8_t>(d)};
        ASSERT_EQ(days_from_date(date), ++day);
        ASSERT_EQ(date_from_days(day), date);
      }
    }
  }
  EXPECT_EQ(days_from_date({1970, 1, 1}), 0);
  EXPECT_EQ(weekday({2024, 2, 29}), 3);
  EXPECT_EQ(date_from_days(INT64_MAX), std::nullopt);
  EXPECT_EQ(date_from_days(days_from_date({kMaxYear, 12, 31}) + 1), std::nullopt);
}

TEST(Temporal, TextRoundTrip) {
  for (const char* text :
       {"2024-02-29", "-0044-03-15", "999999999-12-31", "10:30:00", "10:30:00.123456789", "10:30:00Z", "10:30:00+05:30",
        "10:30:00@Europe/Berlin", "2024-01-01T00:00:00-11:30", "2024-06-01T12:00:00@America/New_York", "P1Y2M", "-P3M",
        "P0M", "P1DT2H3M4.5S", "-PT0.5S", "PT0S", "P400D"}) {
    EXPECT_EQ(eval(std::string("string(@\"") + text + "\")"), std::string("\"") + text + "\"") << text;
  }
  EXPECT_EQ(eval("string(@\"PT36H\")"), "\"P1DT12H\"");
  EXPECT_EQ(eval("string(@\"P14M\")"), "\"P1Y2M\"");
}

TEST(Temporal, MalformedTextIsNull) {
  for (const char* text : {"2023-02-29", "2024-13-01", "24-01-01", "02024-01-01", "25:00:00", "10:60:00",
                           "10:30:00+19:00", "10:30:00@Nowhere/City", "10:30:00@../../etc/passwd", "P", "PT", "P1Y1D",
                           "P1H", "1D", "P-1D", "2024-01-01T", "2024-01-01 10:00:00", ""}) {
    EXPECT_EQ(eval(std::string("@\"") + text + "\""), "null") << text;
  }
}

TEST(Temporal, Arithmetic) {
  EXPECT_EQ(eval("@\"2024-01-31\" + @\"P1M\""), "2024-02-29");
  EXPECT_EQ(eval("@\"2024-02-29\" - @\"P1Y\""), "2023-02-28");
  EXPECT_EQ(eval("@\"2024-03-01\" - @\"2024-02-01\""), "P29D");
  EXPECT_EQ(eval("@\"23:30:00\" + @\"PT1H\""), "00:30:00");
  EXPECT_EQ(eval("@\"P1D\" * 1.5"), "P1DT12H");
  EXPECT_EQ(eval("@\"P1D\" / @\"PT6H\""), "4");
  EXPECT_EQ(eval("-@\"P1Y\""), "-P1Y");
  EXPECT_EQ(eval("@\"999999999-12-31\" + @\"P1D\""), "null");
}

TEST(Temporal, ZonesFollowDaylightSaving) {
  // Berlin's clocks go forward on 2024-03-31: a day on the calendar is 23 hours there.
  EXPECT_EQ(eval("@\"2024-03-30T12:00:00@Europe/Berlin\" + @\"PT24H\""), "2024-03-31T13:00:00@Europe/Berlin");
  EXPECT_EQ(eval("@\"2024-03-31T12:00:00@Europe/Berlin\" - @\"2024-03-30T12:00:00@Europe/Berlin\""), "PT23H");
  EXPECT_EQ(eval("@\"2060-07-01T12:00:00@Europe/Berlin\" = @\"2060-07-01T12:00:00+02:00\""), "true");
  EXPECT_EQ(eval("@\"2024-07-01T12:00:00@Europe/Berlin\".time offset"), "PT2H");
  EXPECT_EQ(eval("date and time(@\"2024-07-01T12:00:00Z\", \"Asia/Tokyo\")"), "2024-07-01T21:00:00@Asia/Tokyo");
  EXPECT_EQ(find_zone("Europe/Berlin"), find_zone("Europe/Berlin"));
}

TEST(Temporal, Properties) {
  EXPECT_EQ(eval("@\"2024-02-29T10:20:30Z\".weekday"), "4");
  EXPECT_EQ(eval("@\"-P1DT2H\".hours"), "-2");
  EXPECT_EQ(eval("@\"P1Y2M\".months"), "2");
  EXPECT_EQ(eval("@\"P1D\".years"), "null");
  EXPECT_EQ(eval("[1..5).end included"), "false");
}

TEST(Temporal, NowIsTheEvaluationsTime) {
  EXPECT_EQ(eval("now()"), "2023-11-14T22:13:20Z");
  EXPECT_EQ(eval("today()"), "2023-11-14");
}

TEST(Temporal, CalendarFunctions) {
  EXPECT_EQ(eval("week of year(@\"2005-01-01\")"), "53");
  EXPECT_EQ(eval("day of week(@\"2024-02-29\")"), "\"Thursday\"");
  EXPECT_EQ(eval("last day of month(@\"2024-02-01\")"), "2024-02-29");
  EXPECT_EQ(eval("years and months duration(@\"2020-02-29\", @\"2021-02-28\")"), "P11M");
  EXPECT_TRUE(Expression::compile("date(\"2024-01-01\")", {})->is_constant());
  EXPECT_EQ(eval("date(2024, 1, 1) in [date(\"2023-12-31\")..date(\"2024-01-01\")]"), "true");
}

}  // namespace
}  // namespace baton::feel::testing
