#include "protocol/rfc3339.h"

#include <algorithm>
#include <cstring>

#include "protocol/json_bytes.h"

namespace plaza::protocol {

std::string_view Rfc3339::format(std::int64_t unix_ms) {
  constexpr std::int64_t kLastMs = 253402300799999;  // 9999-12-31T23:59:59.999Z
  unix_ms = std::clamp<std::int64_t>(unix_ms, 0, kLastMs);
  const std::int64_t second = unix_ms / 1000;
  const auto two = [&](std::size_t at, std::int64_t n) {
    std::memcpy(text_ + at, detail::kDigitPairs + 2 * n, 2);
  };
  if (second != second_) {
    second_ = second;
    // Days since 1970 to a date of the Gregorian calendar: civil_from_days() of H. Hinnant,
    // "chrono-Compatible Low-Level Date Algorithms" (2013), for days that are not negative.
    const std::int64_t days = second / 86400, in_day = second % 86400;
    const std::int64_t shifted = days + 719468, era = shifted / 146097, day_of_era = shifted % 146097;
    const std::int64_t year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36524 -
                                      day_of_era / 146096) /
                                     365;
    const std::int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    const std::int64_t month_from_march = (5 * day_of_year + 2) / 153;
    const std::int64_t day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    const std::int64_t month = month_from_march < 10 ? month_from_march + 3 : month_from_march - 9;
    const std::int64_t year = year_of_era + era * 400 + (month <= 2 ? 1 : 0);
    std::memcpy(text_, "0000-00-00T00:00:00.000Z", sizeof text_);
    two(0, year / 100), two(2, year % 100), two(5, month), two(8, day);
    two(11, in_day / 3600), two(14, in_day / 60 % 60), two(17, in_day % 60);
  }
  const std::int64_t ms = unix_ms % 1000;
  text_[20] = static_cast<char>('0' + ms / 100);
  two(21, ms % 100);
  return {text_, sizeof text_};
}

}  // namespace plaza::protocol
