#pragma once
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <string_view>

#include "base/result.h"
#include "ports/clock.h"

namespace plaza::login {

/// Somebody says: I am `user` of `vendor`, and this proves it.
struct ThirdPartyClaim {
  std::string vendor;     ///< 1..32 bytes
  std::string user;       ///< 1..128 bytes, as the vendor names its users
  std::string proof;      ///< 1..2048 bytes; what it is, the vendor's verifier knows
  std::string app, zone;  ///< where the login goes
};

enum class ProofFailure : std::uint8_t {
  wrong,        ///< it proves nothing: forged, expired, used before, for another user or zone
  unavailable,  ///< cannot be checked now (vendor away, too many proofs in flight)
};

/// Checks the claims of one vendor.
///
/// Contract  Success means: the vendor vouches for exactly this user, now. A proof is good once.
/// Thread    Any thread but a shard's; implementations are thread-safe and may block (a vendor may have to be asked).
class ThirdPartyVerifier {
 public:
  virtual ~ThirdPartyVerifier() = default;
  [[nodiscard]] virtual const std::string& vendor() const = 0;
  virtual Result<void, ProofFailure> verify(const ThirdPartyClaim& claim) = 0;
};

inline constexpr std::int64_t kTicketTtlMaxMs = 5 * 60 * 1'000;
inline constexpr std::size_t kTicketSecretBytesMin = 16;

/// What a ticket says. On the wire: base64url(payload) "." base64url(HMAC-SHA256(secret, base64url(payload))), no padding;
/// the payload is a JSON object {"vendor","user","exp","nonce"} and, to bind it to one place, "app" and "zone".
struct Ticket {
  std::string vendor;
  std::string user;
  std::string app, zone;   ///< empty = good in any
  std::int64_t exp_s = 0;  ///< Unix seconds; good before it, at most 5 minutes ahead
  std::string nonce;       ///< 8..64 characters, never the same twice while a ticket is valid
};

/// Writes a ticket: for game servers that use this code, for tests and the documentation's example.
std::string issue_ticket(const Ticket& ticket, std::string_view secret);
/// 16 random bytes as base64url.
std::string make_nonce();

struct HmacTicketOptions {
  std::string vendor;
  std::string secret;  ///< >= kTicketSecretBytesMin (a precondition); shared with the game server, never sent
  std::size_t nonces_max = 100'000;  ///< tickets remembered until they expire; past it `unavailable`
};

/// Tickets that the app's own game server signs with a shared secret: no call to anybody is needed to check one.
///
/// Thread   Any thread; one lock around the nonces.
/// Limit    nonces_max unexpired tickets; more are refused rather than an old one forgotten, which would permit its replay.
class HmacTicketVerifier final : public ThirdPartyVerifier {
 public:
  HmacTicketVerifier(const ports::Clock& clock, HmacTicketOptions options);

  [[nodiscard]] const std::string& vendor() const override { return options_.vendor; }
  Result<void, ProofFailure> verify(const ThirdPartyClaim& claim) override;

 private:
  Result<void, ProofFailure> use_nonce(const Ticket& ticket, std::int64_t now_ms);

  // Constant after construction.
  const ports::Clock& clock_;
  const HmacTicketOptions options_;
  // Guarded by mutex_.
  std::mutex mutex_;
  std::set<std::string> nonces_;
  std::multimap<std::int64_t, std::string> nonces_by_expiry_;
};

/// A vendor for development: the proof of user "ann" is "test:ann". Made only when the configuration enables it.
class TestVendorVerifier final : public ThirdPartyVerifier {
 public:
  [[nodiscard]] const std::string& vendor() const override { return vendor_; }
  Result<void, ProofFailure> verify(const ThirdPartyClaim& claim) override;

 private:
  const std::string vendor_ = "test";
};

}  // namespace plaza::login
