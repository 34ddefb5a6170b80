#include "ports/audit.h"

#include "base/digest.h"

namespace plaza::ports {
namespace {

constexpr std::uint32_t kPage = 1000;

/// Each field with its length, so that no two entries give the same text.
void add(std::string& text, const std::string& field) {
  text += std::to_string(field.size());
  text += ':';
  text += field;
}

std::string at(std::uint64_t seq) { return "entry " + std::to_string(seq) + " "; }

/// What is wrong with the next entry; empty when nothing is.
std::string wrong_with(const AuditEntry& entry, const AuditHead& before, const std::string& key) {
  if (entry.seq != before.seq + 1) return at(before.seq + 1) + "is missing";
  if (entry.hash != audit_hash(key, entry, before.hash)) return at(entry.seq) + "is not as it was written";
  return {};
}

}  // namespace

std::string audit_hash(const std::string& key, const AuditEntry& entry, const std::string& before) {
  std::string text = "plaza audit 1\n";
  add(text, before);
  for (const auto number : {entry.seq, static_cast<std::uint64_t>(entry.time_ms), entry.app.value}) {
    add(text, std::to_string(number));
  }
  for (const auto* field : {&entry.actor, &entry.action, &entry.target, &entry.outcome, &entry.digest})
    add(text, *field);
  return to_hex(hmac_sha256(key, text));
}

DirectoryResult<AuditVerdict> verify_audit(AuditLog& log, const std::string& key) {
  const auto head = log.head();
  if (!head) return fail(head.error());
  AuditVerdict verdict{.entries = 0, .head = *head, .wrong = {}};
  AuditHead last;
  while (last.seq < head->seq) {
    const auto page = log.entries({}, last.seq, kPage);
    if (!page) return fail(page.error());
    if (page->empty()) break;
    for (const AuditEntry& entry : *page) {
      // What was appended since the look at the head is behind it.
      if (last.seq == head->seq) break;
      verdict.wrong = wrong_with(entry, last, key);
      if (!verdict.wrong.empty()) return verdict;
      last = {entry.seq, entry.hash};
      ++verdict.entries;
    }
  }
  if (last.seq < head->seq) {
    verdict.wrong = at(last.seq + 1) + "is missing";
  } else if (last.hash != head->hash) {
    verdict.wrong = "the head is not that of entry " + std::to_string(head->seq);
  } else if (const auto more = log.entries({}, head->seq, 1); !more) {
    return fail(more.error());
  } else if (const auto now = log.head(); !now) {
    return fail(now.error());
  } else if (!more->empty() && now->seq < more->front().seq) {
    verdict.wrong = at(more->front().seq) + "is behind the head";
  }
  return verdict;
}

}  // namespace plaza::ports
