// Operations: what an app may have and do, and what it has.
#include "backend/operation_parts.h"

namespace plaza::backend {

using enum ErrorCode;

namespace {

Param quota(ports::Quota which, std::int64_t max, std::string_view help) {
  return {.name = name_of(which),
          .in = In::body,
          .type = Type::number,
          .required = false,
          .help = help,
          .min = 0,
          .max = max};
}

constexpr std::int64_t kRateMax = 1'000'000'000;
constexpr std::int64_t kAmountMax = 9007199254740991;

const std::vector<Field> kQuotaFields{
    {"quotas", "object", "What holds, by name; 0 is no limit."},
    {"own", "list", "Which of them an operator has set; the others are as the settings `app.*` say."},
    {"usage", "object", "members, rooms, sessions, stored_bytes: what the app has now."}};

}  // namespace

std::vector<Operation> about_tenancy() {
  using ports::Quota;
  return {
      {.name = "quotas.show",
       .method = "GET",
       .path = "/api/v1/quotas",
       .summary = "Shows what the app may have and do, and what it has.",
       .params = {},
       .answer = kQuotaFields,
       .errors = {},
       .run = show_quotas},
      {.name = "quotas.set",
       .method = "PATCH",
       .path = "/api/v1/quotas",
       .summary = "Says what the app may have and do. What it has already stays.",
       .who = Who::operators,
       .changes = true,
       .params = {quota(Quota::members, kAmountMax, "Members in all its zones together."),
                  quota(Quota::rooms, kAmountMax, "Rooms in all its zones together."),
                  quota(Quota::sessions, kAmountMax, "Sessions at once."),
                  quota(Quota::message_rate, kRateMax, "Messages and publications a second."),
                  quota(Quota::message_burst, kRateMax, "The same, at once after a pause."),
                  quota(Quota::stored_bytes, kAmountMax, "What its stored messages and files may take."),
                  {.name = "as_settings",
                   .in = In::body,
                   .type = Type::texts,
                   .required = false,
                   .help = "Those that are to be as the settings say again, by name.",
                   .max = static_cast<std::int64_t>(ports::kQuotas)}},
       .answer = kQuotaFields,
       .errors = {},
       .run = set_quotas},
  };
}

}  // namespace plaza::backend
