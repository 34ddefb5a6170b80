#pragma once
// For tests: a self-signed certificate in files of its own.
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>

namespace plaza::net::test {

/// A new key and a certificate for `name` in a temporary folder that goes with it.
class TestCertificate {
 public:
  explicit TestCertificate(std::string name) : name_(std::move(name)) {
    std::string folder = (std::filesystem::temp_directory_path() / "plaza-net-XXXXXX").string();
    if (mkdtemp(folder.data()) == nullptr) throw std::runtime_error("no temporary folder");
    folder_ = folder;
    make_anew();
  }
  ~TestCertificate() { std::filesystem::remove_all(folder_); }
  TestCertificate(const TestCertificate&) = delete;
  TestCertificate& operator=(const TestCertificate&) = delete;

  [[nodiscard]] std::string certificate_file() const { return folder_ + "/cert.pem"; }
  [[nodiscard]] std::string key_file() const { return folder_ + "/key.pem"; }

  /// The same key, encrypted.
  void protect_key(const std::string& pass_phrase) const {
    std::FILE* file = std::fopen(key_file().c_str(), "r");
    EVP_PKEY* key = PEM_read_PrivateKey(file, nullptr, nullptr, nullptr);
    std::fclose(file);
    file = std::fopen(key_file().c_str(), "w");
    PEM_write_PKCS8PrivateKey(file, key, EVP_aes_256_cbc(), pass_phrase.data(),
                              static_cast<int>(pass_phrase.size()), nullptr, nullptr);
    std::fclose(file);
    EVP_PKEY_free(key);
  }

  /// Another key and certificate in the same files.
  void make_anew() const {
    EVP_PKEY* key = EVP_EC_gen("P-256");
    X509* certificate = X509_new();
    X509_set_version(certificate, 2);
    ASN1_INTEGER_set(X509_get_serialNumber(certificate), 1);
    X509_gmtime_adj(X509_getm_notBefore(certificate), -3600);
    X509_gmtime_adj(X509_getm_notAfter(certificate), 3600);
    X509_NAME* subject = X509_get_subject_name(certificate);
    X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC,
                               reinterpret_cast<const unsigned char*>(name_.c_str()), -1, -1, 0);
    X509_set_issuer_name(certificate, subject);
    X509_set_pubkey(certificate, key);
    X509_EXTENSION* alternative = X509V3_EXT_conf_nid(nullptr, nullptr, NID_subject_alt_name,
                                                      ("DNS:" + name_).c_str());
    X509_add_ext(certificate, alternative, -1);
    X509_EXTENSION_free(alternative);
    X509_sign(certificate, key, EVP_sha256());
    std::FILE* file = std::fopen(certificate_file().c_str(), "w");
    PEM_write_X509(file, certificate);
    std::fclose(file);
    file = std::fopen(key_file().c_str(), "w");
    PEM_write_PrivateKey(file, key, nullptr, nullptr, 0, nullptr, nullptr);
    std::fclose(file);
    X509_free(certificate);
    EVP_PKEY_free(key);
  }
  void break_key() const { std::ofstream(key_file()) << "no key\n"; }

 private:
  std::string name_;
  std::string folder_;
};

}  // namespace plaza::net::test
