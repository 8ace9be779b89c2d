// profile.json: what memo-profile found, for programs, and for making the report again.
//
// One object. Names and units are those of profile_result.h; numbers that are not finite are null, and are refused
// when read. Texts are made UTF-8.
//   format "memo-profile", version 1
//   verdict, command, pays
//   setting     {model, fingerprint, input, machine, dtype, length, batch, threads, seed, layers, heads,
//                training_texts, validation_texts, test_texts, embedder_texts, judged_texts, mean_tokens,
//                classes [..]}
//   budget      {labels, points, cosine}
//   times       [{length, batch, plain_us, attention_us, fixed_us}]
//   similarities [{layer, head, fixed, nearest, blend, random}]
//   thresholds  [{layer, max_distance, hit_rate, similarity, saved_us, cost_us, net_us}]   net_us is not read
//   candidates  [{name, calibrated, saved, cosine, cosine_p05, lost {mean, low, high} or null, in_budget, chosen,
//                test {cosine, cosine_p05, lost} or null,
//                 layers [{mode, max_distance, neighbours, publish, map, compute_heads, lookup_heads,
//                 fixed_heads}]}]
//   test        {texts, plain_us, memoized_us, saved {mean, low, high}, cosine, cosine_p05,
//                plain_accuracy, memoized_accuracy, lost: null without labels}
//   examples    [{layer, head, distance, similarity, text, matched, computed, stored}]
//               pictures are {size, values [size * size]}, values to four decimals
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "memo/status.h"
#include "model/tuning/result/profile_result.h"

namespace memo {

nlohmann::ordered_json to_json(const ProfileResult& result);
// Errors: invalid_argument, naming the key, what it is and what it must be; or as check_profile(). Keys that are
// not known are ignored.
Result<ProfileResult> profile_from_json(const nlohmann::json& json);

// Errors: as OutputFile.
Status write_profile(const ProfileResult& result, const std::string& path);
// Errors: not_found, internal, corrupt (not JSON, or too large), as profile_from_json() with the path before it.
Result<ProfileResult> read_profile(const std::string& path);

}  // namespace memo
