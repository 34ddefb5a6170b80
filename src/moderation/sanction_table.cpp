#include "moderation/sanction_table.h"

#include <algorithm>

namespace plaza::moderation {

using ports::Sanction;
using ports::SanctionKind;

void SanctionTable::set(MemberId member, const std::vector<Sanction>& sanctions, std::int64_t now_ms) {
  Entry entry;
  for (const Sanction& sanction : sanctions) {
    SharedSanction& place = sanction.kind == SanctionKind::ban ? entry.ban : entry.mute;
    place = std::make_shared<const Sanction>(sanction);
  }
  if (entry.over(now_ms)) {
    members_.erase(member);
    return;
  }
  members_.insert_or_assign(member, std::move(entry));
  if (members_.size() < sweep_at_) return;
  std::erase_if(members_, [now_ms](const auto& known) { return known.second.over(now_ms); });
  sweep_at_ = std::max(kSweepAtLeast, members_.size() * 2);
}

SharedSanction SanctionTable::find(MemberId member, SanctionKind kind, std::int64_t now_ms) const {
  const auto at = members_.find(member);
  if (at == members_.end()) return nullptr;
  const SharedSanction& found = kind == SanctionKind::ban ? at->second.ban : at->second.mute;
  return found && found->in_force(now_ms) ? found : nullptr;
}

}  // namespace plaza::moderation
