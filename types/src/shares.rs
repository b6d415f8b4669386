//! Dividing a sum pro rata (specification 2.5).

/// Shares of a total in proportion to weights: by the largest remainder, ties to the earlier. They add
/// up to the total, unless all weights are zero.
pub fn pro_rata(total: u64, weights: &[u64]) -> Vec<u64> {
    let sum: u128 = weights.iter().map(|weight| u128::from(*weight)).sum();
    if sum == 0 {
        return vec![0; weights.len()];
    }
    let mut shares = Vec::with_capacity(weights.len());
    let mut remainders = Vec::with_capacity(weights.len());
    for (at, weight) in weights.iter().enumerate() {
        let product = u128::from(total) * u128::from(*weight);
        // Not more than the total, as no weight is more than their sum.
        shares.push(u64::try_from(product / sum).expect("a share of 64 bits"));
        remainders.push((product % sum, at));
    }
    let mut rest = total - shares.iter().sum::<u64>();
    remainders.sort_by(|(a, at_a), (b, at_b)| b.cmp(a).then(at_a.cmp(at_b)));
    for (_, at) in remainders {
        if rest == 0 {
            break;
        }
        shares[at] += 1;
        rest -= 1;
    }
    shares
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_add_up() {
        assert_eq!(pro_rata(10, &[1, 1, 1]), [4, 3, 3]);
        assert_eq!(pro_rata(100, &[60, 40]), [60, 40]);
        assert_eq!(pro_rata(1, &[1, 2]), [0, 1]);
        assert_eq!(pro_rata(7, &[0, 5, 0]), [0, 7, 0]);
        assert_eq!(pro_rata(7, &[0, 0]), [0, 0]);
        assert_eq!(pro_rata(0, &[3, 4]), [0, 0]);
        let most = crate::limits::MAX_MINOR;
        assert_eq!(pro_rata(most, &[most; 16]).iter().sum::<u64>(), most);
        let all = pro_rata(most, &[1, most - 1]);
        assert_eq!(all, [1, most - 1]);
    }
}
